import { startReference } from '../embed/reference.ts';
import type { ImageModelSpec } from '../embed/spec.ts';
import { ACTIVATIONS, type ActivationName } from '../models/convert/activation.ts';
import { type RunningOptions, rowsOf, withModel } from './batches.ts';
import type { GoldenCrops } from './golden-crops.ts';
import type { Mistake } from './mistakes.ts';
import type { Rows } from './rows.ts';

/** What a model gives for the golden pictures where one thing is done otherwise. */
export interface OtherRows {
  readonly change: string;
  readonly words: string;
  readonly rows: Rows;
}

/** What the plain way through a model gives: rows as the model has them, not divided by their length. */
export interface PlainRows {
  readonly stated: Rows;
  readonly mistaken: readonly OtherRows[];
}

/** What loading a model and running the golden pictures may take. */
const DEFAULT_TIMEOUT_MS = 600_000;

/** Runs the golden pictures in the plain way, rightly and after each mistake. @throws BowerbirdError BB_EMBED_FAILED */
export async function plainRows(
  spec: ImageModelSpec,
  crops: GoldenCrops,
  mistakes: readonly Mistake[],
  { threads, timeoutMs = DEFAULT_TIMEOUT_MS, onStep }: RunningOptions,
): Promise<PlainRows> {
  const { width } = spec;
  const reference = startReference({ spec, threads, timeoutMs });
  try {
    onStep?.('the plain way, on the CPU');
    const stated = { width, values: await reference.rows(crops.stated, spec.transform) };
    const mistaken: OtherRows[] = [];
    for (const [i, { change, words, transform }] of mistakes.entries()) {
      onStep?.(words);
      const values = await reference.rows(crops.mistaken[i]!, transform);
      mistaken.push({ change, words, rows: { width, values } });
    }
    return { stated, mistaken };
  } finally {
    await reference.stop();
  }
}

/** Runs crops with each activation in the place of the model's own. @throws BowerbirdError as `startImageModel` */
export async function rowsOfOtherActivations(
  spec: ImageModelSpec,
  crops: readonly Uint8Array[],
  own: readonly ActivationName[],
  { onStep, ...running }: RunningOptions,
): Promise<OtherRows[]> {
  const different = new Set(own);
  const others = ACTIVATIONS.filter(
    (name) => different.size > 1 || (different.size === 1 && !different.has(name)),
  );
  const made: OtherRows[] = [];
  for (const activation of others) {
    const words = `with ${activation} in its MLPs`;
    onStep?.(words);
    const options = { ...running, batchSize: crops.length };
    const rows = await withModel({ ...spec, activation }, options, (model) => rowsOf(model, crops));
    made.push({ change: activation, words, rows });
  }
  return made;
}
