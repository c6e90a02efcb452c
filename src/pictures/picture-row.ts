import type { FailureReason } from '../samples/reasons.ts';

/** An image of a collection as a row: what is known of it before its bytes are read. */
export interface PictureRow {
  /** Its name: relative to the folder, or the archive's name and the member's. */
  readonly path: string;
  /** The text beside it, where the JSON has none. */
  readonly caption?: string | undefined;
  /** The JSON object beside it, as its text: every key is a column. */
  readonly json?: string | undefined;
  /** What else stands beside it, by column. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Where its bytes begin in an archive; absent where it is a file of its own. */
  readonly offset?: number;
  /** How many bytes it has. */
  readonly bytes?: number;
  /** Of an object elsewhere: what tells it from one that is put in its place; null where its server says nothing. */
  readonly tag?: string | null;
  /** Why there are no bytes to be had. */
  readonly fault?: FailureReason | undefined;
}

/** The column of names. */
export const PATH_COLUMN = 'path';

/** Columns that tell where a row's bytes lie, and what is wrong with them: they do not pass into the output. No input has such names, it is to be hoped. */
export const PLACE_COLUMNS = {
  offset: 'bowerbird: offset',
  bytes: 'bowerbird: bytes',
  fault: 'bowerbird: fault',
  tag: 'bowerbird: tag',
} as const;

/** A row as the text of one JSON object. Of a key that comes twice the last counts, and so ours before that of the JSON beside the image. */
export function recordOf(row: PictureRow): string {
  const { path, caption, json, texts, offset, bytes, tag, fault } = row;
  const inner = json?.trim().slice(1, -1).trim() ?? '';
  const first = { [PATH_COLUMN]: path, ...(caption !== undefined && { caption }), ...texts };
  const last = {
    ...(inner !== '' && first),
    [PLACE_COLUMNS.offset]: offset ?? null,
    [PLACE_COLUMNS.bytes]: bytes ?? null,
    [PLACE_COLUMNS.fault]: fault ?? null,
    ...(tag !== undefined && { [PLACE_COLUMNS.tag]: tag }),
  };
  return `{${[innerOf(first), inner, innerOf(last)].filter((part) => part !== '').join(',')}}`;
}

/** The text of an object without its braces. */
function innerOf(object: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(object).slice(1, -1);
}
