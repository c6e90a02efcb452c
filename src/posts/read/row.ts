import { isAbsolute, join } from 'node:path';
import type { PostProblem } from '../problems.ts';
import type { CountsSight, Picture, PostSight, Said, UserSight } from '../sight.ts';
import { countOfText, isImageUrl, isName, isUntold, plainText, timeOfText, toldCount } from '../values.ts';
import type { Role } from './columns.ts';
import { type Bounds, pictureProblem } from './folder-pictures.ts';

/** What a row says, by roles; null or left out where it says nothing. */
export type RowTexts = Readonly<Partial<Record<Role, string | null>>>;

/** What holds for all rows of a table. */
export interface RowDefaults {
  /** When it was seen, where no column says it. */
  readonly seenAtMs: number;
  /** Where paths of images start, and beyond which none is read. */
  readonly images: Bounds & { readonly folder: string };
  /** What rows are about. */
  readonly holds: 'posts' | 'counts' | 'users';
}

/** What a row of a table says. */
export function saidByRow(row: RowTexts, defaults: RowDefaults): Said {
  const seenAtMs = row.seen_at == null ? defaults.seenAtMs : (timeOfText(row.seen_at) ?? undefined);
  if (defaults.holds === 'counts') {
    const counts = countsIn(row, seenAtMs);
    return typeof counts === 'string' ? { post: counts } : { counts };
  }
  const user = userIn(row, seenAtMs);
  if (defaults.holds === 'users') return typeof user === 'string' ? { post: user } : { user };
  const post = postIn(row, seenAtMs, defaults);
  if (typeof post === 'string') return { post };
  if (typeof user === 'string') return { post: user };
  const { name, followers, postsCount } = user;
  const tellsMore = name !== null || followers !== null || postsCount !== null;
  return { post, ...(tellsMore && { user }) };
}

function userIn(row: RowTexts, seenAtMs: number | undefined): UserSight | PostProblem {
  const user = row.user?.trim();
  if (!user) return 'user_missing';
  if (!isName(user)) return 'user_invalid';
  const followers = countOfText(row.followers ?? null);
  const postsCount = countOfText(row.posts_count ?? null);
  if (followers === undefined || postsCount === undefined) return 'followers_invalid';
  if (seenAtMs === undefined) return 'time_invalid';
  return { user, userId: userIdOf(row), name: plainText(row.name), followers, postsCount, seenAtMs };
}

function countsIn(row: RowTexts, seenAtMs: number | undefined): CountsSight | PostProblem {
  const postId = row.post_id?.trim();
  if (!postId) return 'id_missing';
  if (!isName(postId)) return 'id_invalid';
  const likes = isYes(row.likes_hidden) ? null : toldCount(row.likes, countOfText(row.likes ?? null));
  if (likes === undefined && !isUntold(row.likes)) return 'likes_invalid';
  const comments = countOfText(row.comments ?? null);
  if (comments === undefined) return 'comments_invalid';
  return seenAtMs === undefined ? 'time_invalid' : { postId, likes, comments, seenAtMs };
}

function postIn(row: RowTexts, seenAtMs: number | undefined, defaults: RowDefaults): PostSight | PostProblem {
  const counts = countsIn(row, seenAtMs);
  if (typeof counts === 'string') return counts;
  const user = row.user?.trim();
  if (!user) return 'user_missing';
  if (!isName(user)) return 'user_invalid';
  if (isYes(row.is_video)) return 'video';
  const timeMs = timeOfText(row.time ?? null);
  if (timeMs === undefined) return 'time_invalid';
  return {
    ...{ ...counts, user, userId: userIdOf(row), timeMs },
    ...{ caption: plainText(row.caption), imageCount: imageCountOf(row), source: sourceOf(row) },
    findPicture: () => findPicture(row, defaults),
  };
}

/** A file that is there goes before a URL. */
async function findPicture(row: RowTexts, { images }: RowDefaults): Promise<Picture | PostProblem> {
  const path = row.image_path?.trim();
  const url = row.url?.trim();
  if (!path && !url) return 'picture_unnamed';
  if (url && !isImageUrl(url)) return 'url_invalid';
  if (!path) return { imagePath: null, url: url! };
  const imagePath = isAbsolute(path) ? path : join(images.folder, path);
  const problem = path.includes('\0') ? 'picture_missing' : await pictureProblem(imagePath, images);
  if (problem === undefined) return { imagePath, url: url || null };
  return problem === 'picture_missing' && url ? { imagePath: null, url } : problem;
}

function isYes(text: string | null | undefined): boolean {
  return /^(true|1|yes)$/i.test(text?.trim() ?? '');
}

function userIdOf({ user_id }: RowTexts): string | null {
  const id = user_id?.trim();
  return isName(id) ? id : null;
}

function imageCountOf({ image_count }: RowTexts): number {
  const count = countOfText(image_count ?? null);
  return count && count <= 1000n ? Math.max(1, Number(count)) : 1;
}

function sourceOf({ source }: RowTexts): string {
  const name = source?.trim();
  return isName(name) ? name : 'table';
}
