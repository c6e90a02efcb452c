import { byTag, TAGS, type Tag } from '../samples/tags.ts';
import { DROP_RULES, type DropRule } from '../scores/filter.ts';
import { DUPLICATE, isFailed, isMissing, noTagBit } from './codes.ts';
import { hasRule, type SubsetOptions } from './options.ts';

/** What can drop a row of the metadata, in the order in which the rules are asked. */
export const SUBSET_RULES = ['status', 'where', 'duplicate', ...DROP_RULES, 'dedup'] as const;
export type SubsetRule = 'status' | 'where' | 'duplicate' | DropRule | 'dedup';

/** How many judged rows have a code. */
export interface CodeCount {
  readonly code: number;
  readonly rows: number;
}

/** What became of the rows that one selection keeps by its rules. */
export interface DedupCounts {
  /** Rows that were dropped for a better one, by what the rules had found of them. */
  readonly dropped: readonly CodeCount[];
  /** Rows that had nothing to be compared by; they are kept. */
  readonly rowsWithoutKey: number;
}

/** Where the rows of the input went; `kept` and `droppedBy` sum to `input`. */
export interface Account {
  readonly input: number;
  readonly kept: number;
  readonly droppedBy: Readonly<Record<SubsetRule, number>>;
  /** Kept rows without a tag that a rule asks for; only with missing tags kept. */
  readonly keptWithoutTag: Readonly<Record<Tag, number>>;
  /** With near rows dropped: kept rows that had nothing to be compared by. */
  readonly keptWithoutKey?: number;
}

/** The first rule that a judged row fails, for one selection; null where it is kept. */
export function firstFailure(code: number, selection: number, options: SubsetOptions): SubsetRule | null {
  if (options.deduplicate && (code & DUPLICATE) !== 0) return 'duplicate';
  for (const tag of TAGS) {
    if (!isAskedOf(tag, selection, options)) continue;
    if (isMissing(code, tag)) {
      if (options.missingTags === 'drop') return `${tag}_missing`;
    } else if (isFailed(code, tag, selection)) {
      return tag;
    }
  }
  return null;
}

function isAskedOf(tag: Tag, selection: number, options: SubsetOptions): boolean {
  return tag === 'aesthetic' ? options.selections[selection]!.kind !== 'all' : hasRule(options, tag);
}

/** The selections that keep a row of this code, as bits. */
export function keptBy(code: number, options: SubsetOptions): number {
  return options.selections.reduce(
    (mask, _, selection) => mask | (firstFailure(code, selection, options) === null ? 1 << selection : 0),
    0,
  );
}

/** What is known of all rows of the metadata. */
export interface JudgedInput {
  readonly rows: number;
  readonly codes: readonly CodeCount[];
  /** Rows that were dropped before they were judged. */
  readonly droppedBefore: Readonly<{ status: number; where: number }>;
  /** Rows that passed the rules and were dropped for a better one, for each selection; absent where none are looked for. */
  readonly dedup?: readonly DedupCounts[] | undefined;
}

/** The books of one selection. */
export function accountFor(
  { rows: input, codes, droppedBefore, dedup }: JudgedInput,
  selection: number,
  options: SubsetOptions,
): Account {
  const droppedBy = Object.fromEntries(SUBSET_RULES.map((rule) => [rule, 0])) as Record<SubsetRule, number>;
  const keptWithoutTag: Record<Tag, number> = byTag(() => 0);
  droppedBy.status = droppedBefore.status;
  droppedBy.where = droppedBefore.where;
  let kept = 0;
  for (const { code, rows } of codes) {
    const failure = firstFailure(code, selection, options);
    if (failure !== null) {
      droppedBy[failure] += rows;
      continue;
    }
    kept += rows;
    for (const tag of TAGS) {
      if (isAskedOf(tag, selection, options) && isMissing(code, tag)) keptWithoutTag[tag] += rows;
    }
  }
  if (!dedup) return { input, kept, droppedBy, keptWithoutTag };
  const { dropped, rowsWithoutKey } = dedup[selection]!;
  for (const { code, rows } of dropped) {
    kept -= rows;
    droppedBy.dedup += rows;
    for (const tag of TAGS) {
      if (isAskedOf(tag, selection, options) && isMissing(code, tag)) keptWithoutTag[tag] -= rows;
    }
  }
  return { input, kept, droppedBy, keptWithoutTag, keptWithoutKey: rowsWithoutKey };
}

/** Judged rows whose hash the tag table does not know. */
export function rowsWithoutTag(codes: readonly CodeCount[], table: number): number {
  return codes.reduce((sum, { code, rows }) => sum + ((code & noTagBit(table)) !== 0 ? rows : 0), 0);
}
