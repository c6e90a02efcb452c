import type { FilterOptions } from '../scores/filter.ts';

/** What is looked at: groups of rows by what their captions say, their language, host and size. */
export const GROUP_KINDS = ['term', 'language', 'host', 'size'] as const;
export type GroupKind = (typeof GROUP_KINDS)[number];

/** Whose filter is audited, on which rows. */
export interface AuditOptions {
  /** Run folders (their tags), files and folders of tags. */
  readonly inputs: readonly string[];
  /** Null: the verdicts that stand in the tags. */
  readonly rules: FilterOptions | null;
  readonly captionColumn?: string | undefined;
  readonly urlColumn?: string | undefined;
  readonly languageColumn?: string | undefined;
  /** Groups of fewer rows are left out. */
  readonly leastRows: number;
  readonly threads: number;
  readonly memoryLimitMb: number;
  readonly signal: AbortSignal;
  readonly onNote: (note: string) => void;
  readonly onProgress: (rows: number) => void;
}
