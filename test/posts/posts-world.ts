import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type AddCounts, type AddOptions, addPosts } from '../../src/posts/add.ts';
import { withSpill } from '../../src/posts/export.ts';
import type { PostProblem } from '../../src/posts/problems.ts';
import { openPosts } from '../../src/posts/table.ts';
import { queryRows } from '../../src/tables/duckdb.ts';
import { makeFolder } from '../helpers/make-folder.ts';

export const DAY_MS = 86_400_000;
/** The day on which files are written, where nothing else is said. */
export const FIRST_DAY_MS = Date.UTC(2026, 4, 1);

/** A folder with a table of posts in it, or to be. */
export interface PostsWorld {
  readonly folder: string;
  readonly to: string;
  path(...names: string[]): string;
  /** Writes a file that was last written on a day, counted from the first. */
  write(name: string, content: string | Uint8Array, day?: number): Promise<string>;
  add(inputs: readonly string[], options?: Partial<AddOptions>): Promise<AddCounts>;
  query(sql: string): Promise<Record<string, unknown>[]>;
}

export async function makePostsWorld(t: ExecutionContext): Promise<PostsWorld> {
  const folder = await makeFolder(t);
  const to = join(folder, 'likes');
  const path = (...names: string[]): string => join(folder, ...names);
  return {
    ...{ folder, to, path },
    write: async (name, content, day = 0) => {
      await mkdir(dirname(path(name)), { recursive: true });
      await writeFile(path(name), content);
      const seconds = (FIRST_DAY_MS + day * DAY_MS) / 1000;
      await utimes(path(name), seconds, seconds);
      return path(name);
    },
    add: async (inputs, options = {}) => {
      const temporaryFolder = await makeFolder(t);
      return addPosts(inputs, { to, roles: {}, text: {}, temporaryFolder, ...options });
    },
    query: (sql) => readPosts(to, sql),
  };
}

/** The rows of a query over the views of a table. */
export async function readPosts(folder: string, sql: string): Promise<Record<string, unknown>[]> {
  return withSpill(await openPosts(folder), (connection) => queryRows(connection, sql));
}

/** What was left out, by reason. */
export function leftOut({ problems }: AddCounts): Partial<Record<PostProblem, number>> {
  return Object.fromEntries(problems.list().map(({ problem, count }) => [problem, count]));
}

/** The counts of an addition that are numbers. */
export function sums({ seen, added, changed, known, leftOut: left }: AddCounts): number[] {
  return [seen, added, changed, known, left];
}

/** A post as Instaloader saves it, as JSON. */
export function postFile(node: object): string {
  return JSON.stringify({ node, instaloader: { version: '4.15', node_type: 'Post' } });
}

/** The node of a post, with what a test says in place of the usual. */
export function postNode(more: object = {}): object {
  return {
    ...{
      __typename: 'GraphImage',
      id: '3000',
      shortcode: 'AbC-_1',
      is_video: false,
      taken_at_timestamp: 1_700_000_000,
    },
    ...{ owner: { id: '77', username: 'ada' }, edge_media_preview_like: { count: 5 } },
    ...{ edge_media_to_comment: { count: 2 }, edge_media_to_caption: { edges: [{ node: { text: 'Fog' } }] } },
    ...more,
  };
}
