import type { Place, PostProblem } from './problems.ts';

/** What a look at a user found; null where it does not tell. */
export interface UserSight {
  readonly user: string;
  /** The service's own number of the user. */
  readonly userId: string | null;
  readonly name: string | null;
  readonly followers: bigint | null;
  readonly postsCount: bigint | null;
  readonly seenAtMs: number;
}

/** Where a post's picture is. */
export interface Picture {
  /** Absolute; null where there is a URL alone. */
  readonly imagePath: string | null;
  readonly url: string | null;
}

/** What was counted of a post. */
export interface CountsSight {
  readonly postId: string;
  /** null: they are said to be hidden; undefined: nothing is said of them. */
  readonly likes: bigint | null | undefined;
  readonly comments: bigint | null;
  readonly seenAtMs: number;
}

/** What a look at a post found. */
export interface PostSight extends CountsSight {
  readonly user: string;
  readonly userId: string | null;
  readonly timeMs: number | null;
  readonly caption: string | null;
  readonly imageCount: number;
  readonly source: string;
  /** Looks for the picture; asked of posts that are not known yet. */
  readonly findPicture: () => Promise<Picture | PostProblem>;
}

/** What a file, or a row of one, says. */
export interface Said {
  /** A post, or why it is none; absent where nothing is said of a post. */
  readonly post?: PostSight | PostProblem | undefined;
  /** New counts of a post of which nothing else is said. */
  readonly counts?: CountsSight | undefined;
  readonly user?: UserSight | undefined;
}

/** What was read, and where. */
export interface PlacedSaid extends Said {
  readonly place: Place;
}
