import type { Layer } from './layers.ts';

/** Layers up to this width are in float64: they cost too little for the start of anything else. */
const MOST_NARROW_OUTPUTS = 32;
/** Outputs that the kernel takes at a time. */
export const GROUP = 4;

/**
 * How many of a network's first layers are computed in float32, with one rounding for each product and its sum: those of more than 32
 * outputs, a multiple of four, whose weights are float32. In what follows them all sums are float64.
 */
export function singleLayers(layers: readonly Layer[]): number {
  const first = layers.findIndex((layer) => !isSingle(layer));
  return first < 0 ? layers.length : first;
}

function isSingle({ outputs, weights, bias }: Layer): boolean {
  const isWide = outputs > MOST_NARROW_OUTPUTS && outputs % GROUP === 0;
  return isWide && areSingles(weights) && areSingles(bias);
}

function areSingles(values: Float64Array): boolean {
  return values.every((value) => Math.fround(value) === value);
}
