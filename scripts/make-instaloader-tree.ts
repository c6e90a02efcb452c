/**
 * Makes up a folder of downloads of Instaloader: its layout and JSON, our pictures. The same arguments give the same files. A second call with more posts adds
 * what is new, as a later download would, and writes the JSON of all posts anew, of which some have more likes.
 *
 *   node .build/scripts/make-instaloader-tree.js FOLDER [--users 27] [--posts 2000] [--before 0] [--day 2026-05-01] [--seed 1]
 *     [--likes disc] [--noise 0.3] [--side 96] [--grown 0.1]
 *
 * --before  posts that an earlier call has made
 * --day     when it was downloaded
 * --likes   what likes depend on: disc (how large the disc in the picture is), warmth (how red it is) or chance
 * --noise   spread of the logarithm of likes that nothing shows
 * --side    of the pictures, in pixels
 */
import { parseArgs } from 'node:util';
import { LIKES_RULES, type LikesRule } from './instaloader-tree/posts.ts';
import { makeInstaloaderTree } from './instaloader-tree/tree.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    users: { type: 'string', default: '27' },
    posts: { type: 'string', default: '2000' },
    before: { type: 'string', default: '0' },
    day: { type: 'string', default: '2026-05-01' },
    seed: { type: 'string', default: '1' },
    likes: { type: 'string', default: 'disc' },
    noise: { type: 'string', default: '0.3' },
    side: { type: 'string', default: '96' },
    grown: { type: 'string', default: '0.1' },
  },
});
const [folder] = positionals;
const likes = values.likes as LikesRule;
if (folder === undefined || !LIKES_RULES.includes(likes))
  throw new Error(`Give a folder, and --likes as one of ${LIKES_RULES.join(', ')}.`);
const { posts, users, grown } = await makeInstaloaderTree(folder, {
  ...{ users: Number(values.users), posts: Number(values.posts), before: Number(values.before) },
  ...{ seed: Number(values.seed), likes, noise: Number(values.noise), side: Number(values.side) },
  ...{ grown: Number(values.grown), downloadedMs: Date.parse(values.day) },
});
const videos = posts.filter(({ kind }) => kind === 'video').length;
const deleted = posts.filter(({ kind, isDeleted }) => kind !== 'video' && isDeleted).length;
console.log(
  `${folder}: ${posts.length} posts of ${users.length} users, ${videos} videos, ${deleted} with deleted pictures, ${grown.size} with more likes than before`,
);
