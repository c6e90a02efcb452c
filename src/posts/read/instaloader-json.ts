import { isObject, type JsonObject } from '../../base/json-object.ts';
import type { PostProblem } from '../problems.ts';
import type { PostSight, UserSight } from '../sight.ts';
import { countOf, isName, isUntold, plainText, timeOf, toldCount } from '../values.ts';

/*
 * The JSON that Instaloader (4.x) saves: `{"node": ..., "instaloader": {"version": ..., "node_type": "Post"}}`, where the node is what Instagram's web or
 * mobile interface answered (instaloader/structures.py: save_structure_to_file, Post, Profile). That of version 3 is the node alone.
 */

/** What a JSON file of Instaloader is about. */
export type InstaloaderKind = 'post' | 'profile' | 'other';

/** A post without its picture, which lies beside its file. */
export interface ReadPost extends Omit<PostSight, 'findPicture' | 'user'> {
  /** undefined: the file does not say it. */
  readonly user: string | undefined;
  /** Which of the slides are videos, of a carousel; undefined where that is not told. */
  readonly slides: readonly boolean[] | undefined;
  readonly isCarousel: boolean;
  /** Whether the JSON tells the caption, be it that there is none. */
  readonly hasCaption: boolean;
}

/** What a file of JSON is about, by its content. */
export function kindOf(content: JsonObject): InstaloaderKind | undefined {
  const { instaloader } = content;
  if (isObject(content['node']) && isObject(instaloader)) {
    const type = instaloader['node_type'];
    if (type === 'Post') return 'post';
    if (type === 'Profile') return 'profile';
    // StoryItem, Hashtag, FrozenNodeIterator.
    return typeof type === 'string' ? 'other' : undefined;
  }
  return 'shortcode' in content ? 'post' : undefined;
}

/** A post as its file tells it. @param seenAtMs when it was downloaded */
export function readPost(content: JsonObject, seenAtMs: number): ReadPost | PostProblem {
  const node = nodeOf(content);
  const postId = node['shortcode'] ?? node['code'];
  if (postId === undefined || postId === null) return 'id_missing';
  if (!isName(postId)) return 'id_invalid';
  const owner = ownerOf(node);
  const user = usernameOf(owner);
  if (user !== undefined && !isName(user)) return 'user_invalid';
  const likesValue = countIn(node, 'edge_media_preview_like', 'edge_liked_by', 'likes');
  const likes = toldCount(likesValue, countOf(likesValue));
  if (likes === undefined && !isUntold(likesValue)) return 'likes_invalid';
  const comments = countOf(
    countIn(node, 'edge_media_to_parent_comment', 'edge_media_to_comment', 'comments'),
  );
  if (comments === undefined) return 'comments_invalid';
  const timeMs = timeOf(node['date'] ?? node['taken_at_timestamp']);
  if (timeMs === undefined) return 'time_invalid';
  const slides = slidesOf(node);
  const isCarousel =
    node['__typename'] === 'GraphSidecar' || node['__typename'] === 'XDTGraphSidecar' || slides !== undefined;
  if (!isCarousel && node['is_video'] === true) return 'video';
  if (slides?.every((isVideo) => isVideo)) return 'video';
  return {
    ...{ postId, user, userId: userIdOf(owner), timeMs, likes, comments, seenAtMs, source: 'instaloader' },
    ...{ caption: captionOf(node), hasCaption: 'edge_media_to_caption' in node || 'caption' in node },
    ...{ slides, isCarousel, imageCount: slides?.length ?? 1 },
  };
}

/** What a file tells of a user: the profile itself, or the owner of a post. */
export function readUser(
  content: JsonObject,
  kind: 'post' | 'profile',
  seenAtMs: number,
): UserSight | PostProblem {
  const node = kind === 'profile' ? nodeOf(content) : ownerOf(nodeOf(content));
  const user = usernameOf(node);
  if (user === undefined) return 'user_missing';
  if (!isName(user)) return 'user_invalid';
  const followers = countOf(countIn(node, 'edge_followed_by', 'follower_count'));
  const postsCount = countOf(countIn(node, 'edge_owner_to_timeline_media', 'media_count'));
  if (followers === undefined || postsCount === undefined) return 'followers_invalid';
  const name = plainText(node['full_name']);
  return { user, userId: userIdOf(node), name, followers, postsCount, seenAtMs };
}

/** Whether a look at a user found more than the name. */
export function tellsMore({ name, followers, postsCount }: UserSight): boolean {
  return name !== null || followers !== null || postsCount !== null;
}

function nodeOf(content: JsonObject): JsonObject {
  const { node } = content;
  return isObject(node) ? node : content;
}

/** The owner: of the web interface, else of the mobile one. */
function ownerOf(node: JsonObject): JsonObject {
  const { owner, iphone_struct: mobile } = node;
  const user = isObject(mobile) ? mobile['user'] : undefined;
  if (isObject(owner) && owner['username'] !== undefined) return owner;
  if (isObject(user)) return user;
  return isObject(owner) ? owner : {};
}

/** Instagram's names are in small letters; Instaloader compares them so. */
function usernameOf(owner: JsonObject): unknown {
  const name = owner['username'];
  return typeof name === 'string' ? name.toLowerCase() : (name ?? undefined);
}

/** A number beyond 2^53 has lost digits in the reading of the JSON: it names nobody. */
function userIdOf(owner: JsonObject): string | null {
  const id = owner['id'] ?? owner['pk'];
  if (typeof id === 'number') return Number.isSafeInteger(id) && id >= 0 ? String(id) : null;
  return typeof id === 'string' && /^\d{1,20}$/.test(id) ? id : null;
}

/** What stands under the first of the names: a number, or an object with a `count`. */
function countIn(node: JsonObject, ...names: readonly string[]): unknown {
  for (const name of names) {
    const value = node[name];
    if (value === undefined || value === null) continue;
    if (!isObject(value)) return value;
    if (value['count'] !== undefined) return value['count'];
  }
  return null;
}

function captionOf(node: JsonObject): string | null {
  const { edge_media_to_caption: captions, caption } = node;
  const [first] = edgesOf(captions) ?? [];
  return plainText(first?.['text']) ?? plainText(caption);
}

/** Whether each slide of a carousel is a video; undefined where no slide is told. */
function slidesOf(node: JsonObject): boolean[] | undefined {
  const edges = edgesOf(node['edge_sidecar_to_children']);
  return edges === undefined || edges.length === 0
    ? undefined
    : edges.map(({ is_video }) => is_video === true);
}

/** The nodes of a connection of GraphQL: `{"edges": [{"node": {...}}]}`. */
function edgesOf(connection: unknown): JsonObject[] | undefined {
  const edges = isObject(connection) ? connection['edges'] : undefined;
  if (!Array.isArray(edges)) return undefined;
  return edges.map((edge: unknown) => (isObject(edge) && isObject(edge['node']) ? edge['node'] : {}));
}
