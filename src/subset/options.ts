import type { SliceOf } from '../base/slices/slice.ts';
import type { ProbabilityTag, Tag } from '../samples/tags.ts';
import type { TextReading } from '../tables/formats.ts';
import type { Dedup } from './dedup-options.ts';

/** A range of aesthetic scores that makes one subset. */
export interface Selection {
  /** The folder's name where there are several: `aesthetic_7`, `bucket_7`. */
  readonly name: string;
  /** No bound: any score, or none, will do. */
  readonly lower?: number;
  readonly upper?: number;
  /** `above`: > lower. `bucket`: lower <= score < upper. `closed-bucket`: lower <= score <= upper, as LAION's. */
  readonly kind: 'all' | 'above' | 'bucket' | 'closed-bucket';
}

/** What a subset is made of. */
export interface SubsetOptions extends TextReading {
  /** Files, folders, globs, or run folders. */
  readonly metadata: readonly string[];
  /** Tag tables; those with the same scores are one table. */
  readonly tags: readonly string[];
  readonly urlColumn?: string | undefined;
  readonly captionColumn?: string | undefined;
  readonly hashColumn?: string | undefined;
  /** At least one, at most eight; all made in one scan. */
  readonly selections: readonly Selection[];
  readonly maxPunsafe?: number | undefined;
  readonly maxPwatermark?: number | undefined;
  readonly missingTags: 'drop' | 'keep';
  /** An SQL expression on the metadata's columns. */
  readonly where?: string | undefined;
  /** Of rows with the same hash keeps the first, before the rules are asked. */
  readonly deduplicate: boolean;
  /** Of near rows that the rules keep, keeps the best. */
  readonly dedup?: Dedup | undefined;
  /** The metadata's column of embeddings. */
  readonly embeddingColumn?: string | undefined;
  readonly laionCompat: boolean;
  readonly swapWidthHeight: boolean;
  readonly skipBadFiles: boolean;
  /** Whether scores of several origins may be taken as one. */
  readonly isMixAllowed?: boolean | undefined;
  /** Names of output columns; all where not given. */
  readonly columns?: readonly string[] | undefined;
  /** Order of the output: input order where not given. */
  readonly shuffleSeed?: number | undefined;
  readonly outputFolder: string;
  /** The URL that what is made there is brought to, without `/` at its end. */
  readonly publishedAt?: string | undefined;
  /** Judge only the rows whose hash lies in this slice of all hashes, and keep what is found in the output folder. */
  readonly slice?: SliceOf | undefined;
  /** Folders of slices whose findings take the place of judging. */
  readonly slices?: readonly string[] | undefined;
  /** 128 where not given, fewer for a small subset. */
  readonly outputFiles?: number | undefined;
  readonly compression: 'snappy' | 'zstd';
  readonly overwrite: boolean;
  readonly threads: number;
  /** Of the whole process. */
  readonly memoryLimitMb: number;
  readonly temporaryFolder?: string | undefined;
  /** The command line, for subset.json. */
  readonly command: string;
}

/** Selections that one scan can make: each has a bit. */
export const MAX_SELECTIONS = 8;

/** True where any selection looks at the aesthetic score. */
export function hasAestheticRule(options: Pick<SubsetOptions, 'selections'>): boolean {
  return options.selections.some((selection) => selection.kind !== 'all');
}

/** True where a rule looks at this tag. */
export function hasRule(options: SubsetOptions, tag: Tag): boolean {
  if (tag === 'aesthetic') return hasAestheticRule(options);
  return limitOf(tag, options) !== undefined;
}

/** What a tag must be less than; undefined where no rule looks at it. */
export function limitOf(
  tag: ProbabilityTag,
  { maxPunsafe, maxPwatermark }: Pick<SubsetOptions, 'maxPunsafe' | 'maxPwatermark'>,
): number | undefined {
  return tag === 'punsafe' ? maxPunsafe : maxPwatermark;
}
