import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../random.ts';
import { postJson, profileJson } from './json.ts';
import { makePicture } from './pictures.ts';
import { type MadePost, type MadeUser, madePost, madeUser, type TreeShape } from './posts.ts';
import { storedXz } from './stored-xz.ts';

/** A download of a made-up tree. */
export interface Instalment extends TreeShape {
  /** Posts from 0 up to this one, of which those of earlier instalments have their JSON written anew, as Instaloader does. */
  readonly posts: number;
  /** Posts that an earlier instalment had; 0 for the first. */
  readonly before: number;
  /** When it was downloaded: JSON files have this time. */
  readonly downloadedMs: number;
  /** Of posts, in pixels. */
  readonly side: number;
  /** Which share of the earlier posts has more likes than before. */
  readonly grown: number;
}

/** What lies in a tree, for whoever wants to count. */
export interface MadeTree {
  readonly posts: readonly MadePost[];
  readonly users: readonly MadeUser[];
  /** By shortcode, as the JSON has them: -1 where they are hidden. */
  readonly likes: ReadonlyMap<string, number>;
  /** Shortcodes of earlier posts with other likes than before. */
  readonly grown: ReadonlySet<string>;
}

/** Writes a download into a folder as Instaloader would: a folder for each user, files named by the time of the post, JSON packed with xz. */
export async function makeInstaloaderTree(folder: string, instalment: Instalment): Promise<MadeTree> {
  const { posts: count, before, grown } = instalment;
  const posts = Array.from({ length: count }, (_, i) => madePost(i, instalment));
  const users = Array.from({ length: instalment.users }, (_, i) => madeUser(i, instalment));
  const random = new Random(instalment.seed * 13 + count);
  const likes = new Map<string, number>();
  const grownCodes = new Set<string>();
  for (const user of users) await writeProfile(folder, user, countOf(posts, user), instalment);
  for (const [i, post] of posts.entries()) {
    const isGrown = i < before && random.next() < grown && !post.isHidden;
    const now = post.likes + (isGrown ? 1 + Math.round(post.likes * 0.05) : 0);
    likes.set(post.shortcode, post.isHidden ? -1 : now);
    if (isGrown) grownCodes.add(post.shortcode);
    const base = join(folder, post.user.name, `${stamp(post.postedMs)}_UTC`);
    if (i >= before) await writeFiles(base, post, instalment.side);
    await writeJson(
      `${base}.json.xz`,
      postJson(post, now, countOf(posts, post.user)),
      instalment.downloadedMs,
    );
  }
  return { posts, users, likes, grown: grownCodes };
}

function countOf(posts: readonly MadePost[], user: MadeUser): number {
  return posts.filter((post) => post.user.name === user.name).length;
}

async function writeProfile(
  folder: string,
  user: MadeUser,
  posts: number,
  { downloadedMs, side }: Instalment,
): Promise<void> {
  const home = join(folder, user.name);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'id'), `${user.id}\n`);
  await writeJson(join(home, `${user.name}_${user.id}.json.xz`), profileJson(user, posts), downloadedMs);
  await writeFile(
    join(home, '2023-12-31_23-59-59_UTC_profile_pic.jpg'),
    await makePicture(Number(user.id), side),
  );
}

/** Captions, pictures and videos of a post; Instaloader dates them by the post. A video here holds no film. */
async function writeFiles(base: string, post: MadePost, side: number): Promise<void> {
  const files: [string, Uint8Array | string][] =
    post.caption === '' ? [] : [[`${base}.txt`, `${post.caption}\n`]];
  const slides = post.kind === 'carousel' ? post.slides : [post.kind === 'video'];
  for (const [i, isVideo] of slides.entries()) {
    const name = post.kind === 'carousel' ? `${base}_${i + 1}` : base;
    files.push([`${name}.jpg`, await makePicture(post.pictureSeed + i * 500_009, side)]);
    if (isVideo) files.push([`${name}.mp4`, 'no film']);
  }
  for (const [path, content] of files) {
    await writeFile(path, content);
    await utimes(path, post.postedMs / 1000, post.postedMs / 1000);
  }
  if (post.isDeleted) for (const [path] of files) if (path.endsWith('.jpg')) await rm(path);
}

async function writeJson(path: string, content: object, modifiedMs: number): Promise<void> {
  await writeFile(path, storedXz(Buffer.from(JSON.stringify(content))));
  await utimes(path, modifiedMs / 1000, modifiedMs / 1000);
}

/** `2024-01-31_12-00-00` */
function stamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '-');
}
