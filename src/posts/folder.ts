import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BowerbirdError, isMissing, messageOf } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { isObject } from '../base/json-object.ts';

/** The file that makes a folder a table of posts: written last, it says which parts count. */
export const POSTS_FILE = 'posts.json';
const FORMAT = 'bowerbird-posts';
const VERSION = 1;

/** What a part may hold a file of, each in a folder of that name. */
export const PART_KINDS = ['posts', 'history', 'users'] as const;
export type PartKind = (typeof PART_KINDS)[number];

/** How many rows of each kind a part has; of a kind without rows it has no file. */
export type PartCounts = Readonly<Record<PartKind, number>>;

/** A part: its counts, and the sha256 of its files in the order of their kinds, in hex. */
export interface PartRecord extends PartCounts {
  readonly sha256: string;
}

/** What is in a table of posts: its parts in the order in which they were added. The part at `i` is called by the number `i + 1`. */
export interface PostsRecord {
  readonly parts: readonly PartRecord[];
}

/** The name of the part at a place, from 0: `00001`. */
export function partName(place: number): string {
  return String(place + 1).padStart(5, '0');
}

/** Where a part's rows of one kind lie. */
export function partPath(folder: string, kind: PartKind, place: number): string {
  return join(folder, kind, `${partName(place)}.parquet`);
}

/**
 * What is in a table of posts; undefined where there is none at that place.
 *
 * @throws BowerbirdError BB_POSTS_CORRUPT where its record cannot be read or is none
 */
export async function readRecord(given: string): Promise<PostsRecord | undefined> {
  const path = join(resolve(given), POSTS_FILE);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw corrupt(path, messageOf(thrown), thrown);
  }
  if (!isObject(content) || content['format'] !== FORMAT)
    throw corrupt(path, 'it describes no table of posts');
  if (content['version'] !== VERSION)
    throw corrupt(
      path,
      `its version is ${JSON.stringify(content['version'])}, and this bowerbird reads ${VERSION}`,
    );
  const parts = content['parts'];
  if (!Array.isArray(parts) || !parts.every(isPart)) throw corrupt(path, 'its list of parts is damaged');
  return { parts };
}

/** Says which parts count from now on; durable, whole or not at all. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
export async function writeRecord(folder: string, { parts }: PostsRecord): Promise<void> {
  const lines = parts.map(
    ({ posts, history, users, sha256 }) => `    ${JSON.stringify({ posts, history, users, sha256 })}`,
  );
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  await writeFileAtomic(
    join(folder, POSTS_FILE),
    `{\n  "format": "${FORMAT}",\n  "version": ${VERSION},\n  "parts": ${list}\n}\n`,
  );
}

/** What is wrong with a file of a table of posts. */
export function corrupt(path: string, why: string, cause?: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_POSTS_CORRUPT',
    `${path} cannot be read: ${why.replace(/\.$/, '')}. Restore it from a copy, or make the table anew from what it was made of.`,
    { ...(cause !== undefined && { cause }), fields: { path } },
  );
}

function isPart(value: unknown): value is PartRecord {
  if (!isObject(value) || !/^[0-9a-f]{64}$/.test(String(value['sha256']))) return false;
  return PART_KINDS.every((kind) => Number.isSafeInteger(value[kind]) && Number(value[kind]) >= 0);
}
