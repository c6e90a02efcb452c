import { extname } from 'node:path';
import { hashTexts } from '../samples/hash.ts';

/** What a post's hash is made of. */
export interface HashedPost {
  readonly postId: string;
  readonly user: string;
  readonly caption: string | null;
  readonly imagePath: string | null;
  readonly url: string | null;
}

/**
 * The name of a post's picture in shards, whatever the folder that it lies in: `user/post_id.ext`. Characters other than A-Z a-z 0-9 . _ - are percent-encoded, and a
 * point at the beginning is, so that the name leads nowhere.
 */
export function pictureName({
  postId,
  user,
  imagePath,
}: Pick<HashedPost, 'postId' | 'user' | 'imagePath'>): string {
  const extension = extname(imagePath ?? '').toLowerCase();
  return `${encoded(user)}/${encoded(postId)}${/^\.[a-z0-9]{1,5}$/.test(extension) ? extension : ''}`;
}

/** The hash of each post, as `score` computes it from the shards of `posts export`: of the picture's name, or of the URL where there is no file, and the caption. */
export function postHashes(posts: readonly HashedPost[]): BigInt64Array {
  const texts = posts.map(
    (post) => `${post.imagePath === null ? post.url : pictureName(post)}${post.caption ?? ''}`,
  );
  return hashTexts(texts.map((text) => Buffer.from(text)));
}

function encoded(name: string): string {
  const percent = (character: string): string =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join('');
  return name.replace(/[^A-Za-z0-9._-]/gu, percent).replace(/^\./, '%2E');
}
