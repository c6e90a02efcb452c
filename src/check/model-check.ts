import type { RowKind } from '../embed/spec.ts';
import type { ActivationName } from '../models/convert/activation.ts';
import type { BatchCheck } from './batches.ts';
import type { Difference } from './rows.ts';

/** What comes of the golden pictures where one thing is done otherwise. */
export interface Change extends Difference {
  readonly change: string;
  /** For a person: "with red and blue exchanged". */
  readonly words: string;
  /** How far the rows are then from the golden ones; null where there are none. */
  readonly golden: Difference | null;
}

/** What was seen of a model. schemas/model-check.schema.json. */
export interface ModelCheck {
  readonly name: string;
  /** As in `ModelFiles`. */
  readonly digest: string;
  readonly rows: RowKind;
  readonly provider: string;
  /** Values in a row. */
  readonly dimension: number;
  /** Lengths of the rows as the model gives them, for the golden pictures. */
  readonly norms: { readonly least: number; readonly greatest: number };
  readonly batches: readonly BatchCheck[];
  /** Differences between two of eight pictures of noise in different colours: 0 where the model does not look at them. */
  readonly spread: { readonly least: number; readonly greatest: number };
  /** The pictures of one colour, of checkerboards and of noise of 0 and 255 for which it gives no finite row. */
  readonly unsound: readonly string[];
  /** What rows may be off by, from the reference and from golden ones; more where weights are float16, and off the CPU. */
  readonly tolerance: number;
  /** How far rows are from those of the plain way through the model (embed/reference.ts), and these from the golden ones. */
  readonly reference: Difference & { readonly golden: Difference | null };
  /** How far rows are from the golden ones, and what made those; null where there are none. */
  readonly golden: (Difference & { readonly source: string }) | null;
  /** The activation of the GELUs in its graph, `mixed` where there are several, null where none was recognised. */
  readonly activation: ActivationName | 'mixed' | null;
  /** With other activations in their place, and with usual mistakes in the transform. */
  readonly changes: readonly Change[];
  /** What is wrong with it, a line each for a person. */
  readonly problems: readonly string[];
}
