import type { MadePost, MadeUser } from './posts.ts';

/*
 * The JSON that Instaloader 4.15 saves with a post and a profile: what Instagram's web interface answers, in a frame (instaloader/structures.py).
 */

const VERSION = '4.15.1';

/** Of a post, with its owner, as `save_metadata_json` has it. */
export function postJson(post: MadePost, likes: number, postsOfUser: number): object {
  const { shortcode, mediaId, user, kind, slides, postedMs, caption } = post;
  const { edge_owner_to_timeline_media: _, ...owner } = profileNode(user, postsOfUser);
  const node = {
    __typename: { image: 'GraphImage', carousel: 'GraphSidecar', video: 'GraphVideo' }[kind],
    ...{
      id: mediaId,
      shortcode,
      dimensions: { height: 1080, width: 1080 },
      display_url: urlOf(shortcode, 0),
    },
    ...{ is_video: kind === 'video', accessibility_caption: null, comments_disabled: false, location: null },
    edge_media_to_caption: { edges: caption === '' ? [] : [{ node: { text: caption } }] },
    edge_media_to_comment: {
      count: post.comments,
      page_info: { has_next_page: false, end_cursor: null },
      edges: [],
    },
    edge_media_preview_like: { count: post.isHidden ? -1 : likes, edges: [] },
    ...{ taken_at_timestamp: Math.floor(postedMs / 1000), viewer_has_liked: false, owner },
    ...(kind === 'video' && { video_url: urlOf(shortcode, 0, 'mp4'), video_view_count: likes * 9 }),
    ...(kind === 'carousel' && {
      edge_sidecar_to_children: { edges: slides.map((isVideo, i) => slideEdge(post, i, isVideo)) },
    }),
  };
  return framed(node, 'Post');
}

/** Of a profile: `USER_ID.json.xz` in the user's folder. */
export function profileJson(user: MadeUser, postsOfUser: number): object {
  return framed(profileNode(user, postsOfUser), 'Profile');
}

function framed(node: object, nodeType: string): object {
  return { node, instaloader: { version: VERSION, node_type: nodeType } };
}

function profileNode(user: MadeUser, postsOfUser: number) {
  return {
    ...{ id: user.id, username: user.name, full_name: user.fullName, biography: '', external_url: null },
    ...{
      is_private: false,
      is_verified: false,
      profile_pic_url: `https://scontent.example/${user.name}.jpg`,
    },
    edge_followed_by: { count: user.followers },
    edge_follow: { count: 100 },
    edge_owner_to_timeline_media: { count: postsOfUser },
  };
}

function slideEdge({ shortcode, mediaId }: MadePost, place: number, isVideo: boolean): object {
  const node = {
    ...{
      __typename: isVideo ? 'GraphVideo' : 'GraphImage',
      id: `${mediaId}${place}`,
      shortcode: `${shortcode}${place}`,
    },
    ...{ display_url: urlOf(shortcode, place), is_video: isVideo, accessibility_caption: null },
    ...(isVideo && { video_url: urlOf(shortcode, place, 'mp4') }),
  };
  return { node };
}

function urlOf(shortcode: string, place: number, extension = 'jpg'): string {
  return `https://scontent.example/v/t51/${shortcode}_${place}.${extension}?se=7`;
}
