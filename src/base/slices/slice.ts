import { BowerbirdError } from '../errors.ts';

/** One of the parts that some work is cut into. */
export interface SliceOf {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** More slices than this are a mistake: each file of a cluster's job array is at most one. */
const MAX_SLICES = 1_000_000;

/** @throws BowerbirdError BB_USAGE for anything but `I/N` with I from 0, below N */
export function parseSlice(text: string): SliceOf {
  const match = /^(\d{1,7})\/(\d{1,7})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match && count <= MAX_SLICES && index < count) return { index, count };
  throw new BowerbirdError(
    'BB_USAGE',
    `--slice needs I/N, the number of the slice from 0 and how many there are: 0/8 to 7/8; not ${JSON.stringify(text)}.`,
  );
}

/** Every N-th of a list is a slice's, so that those of one kind or age are spread over all. */
export function isInSlice(place: number, { index, count }: SliceOf): boolean {
  return place % count === index;
}
