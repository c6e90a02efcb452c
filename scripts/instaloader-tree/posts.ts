import { Random } from '../random.ts';
import { type Visible, visibleOf } from './pictures.ts';

/** By what the likes of posts are drawn: by what the picture shows, or by chance alone. */
export const LIKES_RULES = ['disc', 'warmth', 'chance'] as const;
export type LikesRule = (typeof LIKES_RULES)[number];

/** What a made-up tree is made of. */
export interface TreeShape {
  readonly users: number;
  readonly seed: number;
  readonly likes: LikesRule;
  /** Spread of the logarithm of likes that nothing shows. */
  readonly noise: number;
}

export interface MadeUser {
  readonly name: string;
  readonly id: string;
  readonly fullName: string;
  readonly followers: number;
}

export interface MadePost {
  readonly shortcode: string;
  readonly mediaId: string;
  readonly user: MadeUser;
  readonly kind: 'image' | 'carousel' | 'video';
  /** Of a carousel: which slides are videos. */
  readonly slides: readonly boolean[];
  readonly postedMs: number;
  readonly caption: string;
  /** Somebody has removed the picture after the download. */
  readonly isDeleted: boolean;
  /** The user has hidden the number. */
  readonly isHidden: boolean;
  readonly visible: Visible;
  readonly pictureSeed: number;
  readonly likes: number;
  readonly comments: number;
}

const FIRST_POST_MS = Date.UTC(2024, 0, 1);
const STEP_MS = 4 * 3_600_000 + 7 * 60_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const WORDS = [
  'sky',
  'harbour',
  'fog',
  'café',
  'evening',
  'bridge',
  'forest',
  '雪',
  'light',
  'street',
  '#wide',
  '🌿',
];

/** A user by the number from 0. Followers are spread over three powers of ten. */
export function madeUser(index: number, { seed }: TreeShape): MadeUser {
  const random = new Random(seed * 7919 + index);
  return {
    name: `photographer_${String(index + 1).padStart(2, '0')}`,
    id: String(1_000_000 + index * 37),
    fullName: `Photographer ${index + 1}`,
    followers: Math.round(10 ** random.between(2.3, 5.5)),
  };
}

/** A post by its number from 0, in the order in which they were posted; each depends on its number and the shape alone. */
export function madePost(index: number, shape: TreeShape): MadePost {
  const random = new Random(shape.seed * 104_729 + index * 31 + 5);
  const user = madeUser(Math.floor(random.next() * shape.users), shape);
  const pictureSeed = shape.seed * 1_000_003 + index;
  const visible = visibleOf(pictureSeed);
  const kind = kindFor(random.next());
  const isMixed = random.next() < 0.3;
  const slides = kind === 'carousel' ? [isMixed, false, random.next() < 0.2] : [];
  const mediaId = 3_000_000_000_000_000_000n + BigInt(index) * 7_919_000_000_003n;
  const liking = shape.likes === 'chance' ? random.next() : visible[shape.likes];
  const logLikes = Math.log(user.followers * 0.04) + 2.4 * (liking - 0.5) + shape.noise * random.normal();
  const likes = Math.max(0, Math.round(Math.exp(logLikes)));
  return {
    ...{
      shortcode: shortcodeOf(mediaId),
      mediaId: String(mediaId),
      user,
      kind,
      slides,
      visible,
      pictureSeed,
      likes,
    },
    postedMs: FIRST_POST_MS + index * STEP_MS,
    caption: random.next() < 0.05 ? '' : captionBy(random),
    isDeleted: random.next() < 0.01,
    isHidden: random.next() < 0.02,
    comments: Math.round(likes * random.between(0.005, 0.05)),
  };
}

function kindFor(chance: number): MadePost['kind'] {
  if (chance < 0.12) return 'video';
  return chance < 0.32 ? 'carousel' : 'image';
}

function captionBy(random: Random): string {
  const count = 2 + Math.floor(random.next() * 6);
  const words = Array.from({ length: count }, () => WORDS[Math.floor(random.next() * WORDS.length)]!);
  return words.join(random.next() < 0.1 ? '\n' : ' ');
}

/** The media id in base 64, as Instagram writes it in addresses. */
function shortcodeOf(mediaId: bigint): string {
  let text = '';
  for (let rest = mediaId; rest > 0n; rest /= 64n) text = ALPHABET[Number(rest % 64n)] + text;
  return text;
}
