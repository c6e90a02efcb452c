import { createHash } from 'node:crypto';
import type { Label } from '../samples/label.ts';
import type { CategoricalColumns } from './categories.ts';
import type { Ensemble } from './ensemble.ts';
import type { Layer, OutputActivation } from './layers.ts';

/** All of a head that its scores depend on, and what they stand for. */
export interface HeadFacts {
  readonly layers: readonly Layer[];
  readonly output: OutputActivation;
  readonly columns: CategoricalColumns | undefined;
  readonly requiresUnitNorm: boolean;
  readonly label: Label | undefined;
  readonly ensemble: Ensemble | undefined;
  /** Whether all of it is one linear layer. */
  readonly isLinear: boolean;
}

/** Another one wherever heads are given other digests than before. */
const VERSION = 1;

/** Another one wherever the same layers give other bits than before (layer-stack.ts); heads that are one linear layer keep their digests. */
const LAYERS_ARITHMETIC = 3;

/**
 * sha256 in hex of what a head computes: the same for the same layers and facts, whatever the format of its file, and whether a
 * manifest beside it states the facts or they were known without one. Weights go in as float64, little endian.
 */
export function digestOfFacts({
  layers,
  output,
  columns,
  requiresUnitNorm,
  label,
  ensemble,
  isLinear,
}: HeadFacts): string {
  const hash = createHash('sha256');
  const facts = {
    version: VERSION,
    layers: layers.map(({ inputs, outputs, activation }) => [inputs, outputs, activation]),
    output,
    columns: [...(columns ?? [])].map(([place, { indexes, unknown }]) => [place, [...indexes], unknown]),
    unitNorm: requiresUnitNorm,
    label: label ? [label.transform, label.unit] : null,
    ...(!isLinear && { arithmetic: LAYERS_ARITHMETIC }),
    // Only where there is one: heads without keep the digests that they had.
    ...(ensemble && { ensemble: [ensemble.members, ensemble.combine, ensemble.offsets ?? null] }),
  };
  hash.update(JSON.stringify(facts));
  for (const { weights, bias } of layers) hash.update(bytesOf(weights)).update(bytesOf(bias));
  return hash.digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
