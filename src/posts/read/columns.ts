import { BowerbirdError } from '../../base/errors.ts';

/** What a column can say, and the names by which it is found, best first, whatever their case. */
const KNOWN_NAMES = {
  post_id: ['post_id', 'postid', 'id', 'shortcode', 'code', 'media_id'],
  user: ['user', 'username', 'user_name', 'owner', 'author', 'account'],
  user_id: ['user_id', 'userid', 'owner_id', 'author_id'],
  likes: ['likes', 'like_count', 'likes_count', 'num_likes', 'ups'],
  likes_hidden: ['likes_hidden'],
  comments: ['comments', 'comment_count', 'comments_count', 'num_comments'],
  time: ['time', 'timestamp', 'created_at', 'created_utc', 'taken_at', 'date', 'posted'],
  caption: ['caption', 'text', 'title', 'description'],
  image_path: ['image_path', 'img_path', 'path', 'file_name', 'filename', 'file', 'image'],
  url: ['url', 'image_url', 'display_url'],
  image_count: ['image_count', 'media_count', 'mediacount'],
  is_video: ['is_video'],
  source: ['source', 'feed'],
  seen_at: ['seen_at', 'last_seen', 'retrieved_at', 'scraped_at', 'fetched_at', 'collected_at'],
  name: ['name', 'full_name', 'display_name'],
  followers: ['followers', 'follower_count', 'followers_count', 'num_followers'],
  posts_count: ['posts_count', 'post_count', 'num_posts'],
} as const;

export type Role = keyof typeof KNOWN_NAMES;
export const ROLES = Object.keys(KNOWN_NAMES) as readonly Role[];

/** Which column says what. */
export type FoundRoles = Readonly<Partial<Record<Role, string>>>;

/** A column of a table. */
interface NamedColumn {
  readonly name: string;
  readonly type: string;
}

/**
 * Finds what the columns of a table say, by their names. A column of images themselves is no path.
 *
 * @param given what a person says of them
 * @throws BowerbirdError BB_COLUMN_MISSING for a column that was named and is not there, or where posts, users or pictures are not found
 */
export function rolesIn(path: string, columns: readonly NamedColumn[], given: FoundRoles): FoundRoles {
  const byName = new Map(columns.filter(isPlain).map(({ name }) => [name.toLowerCase(), name]));
  const names = columns.map(({ name }) => name);
  const roles: Partial<Record<Role, string>> = {};
  for (const role of ROLES) {
    const chosen = given[role];
    const found =
      chosen === undefined ? firstOf(byName, KNOWN_NAMES[role]) : byName.get(chosen.toLowerCase());
    if (chosen !== undefined && found === undefined)
      throw missing(path, `column "${chosen}" for ${role}`, names);
    if (found !== undefined) roles[role] = found;
  }
  const holds = holdingOf(roles);
  if (holds === 'counts') return roles;
  if (roles.user === undefined) throw missing(path, 'column of users', names);
  if (holds === 'users' && (roles.followers ?? roles.name ?? roles.posts_count) === undefined)
    throw missing(path, 'column of the ids of posts', names);
  if (holds === 'posts' && (roles.image_path ?? roles.url) === undefined)
    throw missing(path, 'column of paths or URLs of images', names);
  return roles;
}

/** What the rows of a table are about: posts, new counts of posts that are known (there is neither a user nor a picture), or users alone. */
export function holdingOf(roles: FoundRoles): 'posts' | 'counts' | 'users' {
  if (roles.post_id === undefined) return 'users';
  const isBare = (roles.user ?? roles.image_path ?? roles.url) === undefined;
  return isBare && (roles.likes ?? roles.comments) !== undefined ? 'counts' : 'posts';
}

function firstOf(byName: ReadonlyMap<string, string>, names: readonly string[]): string | undefined {
  return names.map((name) => byName.get(name)).find((name) => name !== undefined);
}

function isPlain({ type }: NamedColumn): boolean {
  return type !== 'BLOB' && !/[\])]$/.test(type.replace(/^DECIMAL\(.*\)$/, ''));
}

function missing(path: string, what: string, columns: readonly string[]): BowerbirdError {
  return new BowerbirdError(
    'BB_COLUMN_MISSING',
    `${path} has no ${what}. It has: ${columns.join(', ')}. Say which is which: --columns post_id=id,user=author,likes=ups.`,
    { fields: { path, columns } },
  );
}
