import type { ImageTransform } from '../manifest.ts';

export type TransformFact = keyof ImageTransform;

/** What configs call these facts, or nearly. */
const NAMES: Readonly<Record<TransformFact, string>> = {
  sizePx: 'a size of',
  resize: 'a resize by',
  shortSidePx: 'a short side of',
  interpolation: 'the filter',
  mean: 'the mean',
  std: 'the deviation',
};

/** Published configs write means and deviations with 3 to 17 digits; two that are of one model agree in these. */
const COLOUR_TOLERANCE = 1e-6;

/** The first fact of which both say something, and not the same; undefined where there is none. */
export function differingFact(
  first: Partial<ImageTransform>,
  second: Partial<ImageTransform>,
): TransformFact | undefined {
  return (Object.keys(NAMES) as TransformFact[]).find((fact) => {
    const [one, other] = [first[fact], second[fact]];
    return one !== undefined && other !== undefined && !isSame(one, other);
  });
}

/** What a transform says of a fact, for a person: "the mean 0.5, 0.5, 0.5". */
export function toldFact(transform: Partial<ImageTransform>, fact: TransformFact): string {
  return `${NAMES[fact]} ${[transform[fact]].flat().join(', ')}`;
}

function isSame(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other;
  return one.every((value, i) => Math.abs(value - other[i]) <= COLOUR_TOLERANCE);
}
