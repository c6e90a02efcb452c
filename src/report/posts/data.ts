import type { TransformedDistribution } from '../../scores/distribution.ts';

/** Something of each user, the most first: a point for each of some of them. */
export interface RankedPoint {
  /** From 1 on. */
  readonly rank: number;
  readonly value: number;
}

/** A user of a table. */
export interface PageUser {
  readonly user: string;
  readonly followers: number | null;
  readonly posts: number;
  /** Of the posts whose likes are known; null where none are. */
  readonly medianLikes: number | null;
  readonly mostLikes: number | null;
}

/** A post with its picture. */
export interface PagePost {
  readonly id: string;
  readonly user: string;
  readonly likes: number | null;
  readonly caption: string | null;
  /** An ISO 8601 day; null where it is not known. */
  readonly day: string | null;
  /** A WebP in base64; null where there is none. */
  readonly webpBase64: string | null;
}

/** Posts of like age. */
export interface AgeBand {
  /** Days from post to count: the least, the median and the most of the band. */
  readonly from: number;
  readonly middle: number;
  readonly to: number;
  readonly posts: number;
  /** Quartiles of likes. */
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Likes by how long a post had been there when they were counted. */
export interface PageAges {
  /** Some posts, drawn by chance. */
  readonly points: readonly { readonly days: number; readonly likes: number }[];
  readonly bands: readonly AgeBand[];
  /** Posts with a time and likes, and those without. */
  readonly posts: number;
  readonly without: number;
}

/** How labels of a user lie. */
export interface UserSpread {
  readonly user: string;
  readonly posts: number;
  readonly p10: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p90: number;
}

/** Labels by user under a standardisation. */
export interface PageStandardised {
  readonly how: 'none' | 'followers' | 'max';
  /** Posts that have a label, and users. */
  readonly posts: number;
  readonly userCount: number;
  /** Of some users, in the order of their median likes; the same for each standardisation. */
  readonly users: readonly UserSpread[];
  /** The share of the variance that the user explains: of labels, and of labels transformed; null where all are the same. */
  readonly leaks: readonly { readonly transform: string; readonly etaSquared: number | null }[];
  /** What that share is by chance. */
  readonly byChance: number | null;
}

/** Posts that show the same. */
export interface RepeatedGroup {
  readonly posts: readonly PagePost[];
  /** How many there are; more than are shown. */
  readonly count: number;
}

/** Posts that show the same, by one sign. */
export interface PageRepeats {
  /** What is the same: `file`, `hash`. */
  readonly by: 'file' | 'hash';
  readonly groups: number;
  /** Posts in them. */
  readonly posts: number;
  readonly shown: readonly RepeatedGroup[];
}

/** What the page about a table of posts shows. */
export interface PostsPageData {
  readonly name: string;
  readonly totals: {
    readonly posts: number;
    readonly users: number;
    readonly likesHidden: number;
    /** Posts with a file on this machine, as the table says. */
    readonly images: number;
    readonly withoutFollowers: number;
    /** ISO 8601 days of the first and the last post; null where none has a time. */
    readonly first: string | null;
    readonly last: string | null;
  };
  readonly followers: readonly RankedPoint[];
  readonly postsPerUser: readonly RankedPoint[];
  readonly users: readonly PageUser[];
  readonly most: readonly PagePost[];
  readonly least: readonly PagePost[];
  readonly ages: PageAges;
  readonly standardised: readonly PageStandardised[];
  /** Null where no post has likes. */
  readonly distributions: readonly TransformedDistribution[] | null;
  /** Of files, absent where they were not looked at. */
  readonly repeats: readonly PageRepeats[];
  readonly command: string;
  readonly bowerbirdVersion: string;
}
