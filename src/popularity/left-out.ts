import type { DecodeFailureReason } from '../decode/outcome.ts';
import type { FailureReason } from '../samples/reasons.ts';

/** Why a post is left out by what the table says of it, or by the others: the first that holds, in this order. */
const OWN_REASONS = [
  'likes_hidden',
  'likes_below',
  'likes_above',
  'age_unknown',
  'too_young',
  'gate_missing',
  'gate_failed',
  'no_image',
  'hash_repeated',
  'image_repeated',
  'user_without_likes',
  'followers_unknown',
  'user_too_few',
  'over_balance',
] as const;

/** Those of an image that cannot be read or decoded are those of `score`. */
export type LeftOutReason = (typeof OWN_REASONS)[number] | FailureReason | DecodeFailureReason;

/** What became of posts: by row, why each is left out; undefined for those that are not. */
export class Fates {
  readonly #reasons: (LeftOutReason | undefined)[];

  constructor(count: number) {
    this.#reasons = new Array<LeftOutReason | undefined>(count).fill(undefined);
  }

  get count(): number {
    return this.#reasons.length;
  }

  /** Leaves a post out; one that is left out already stays so under its first reason. */
  leaveOut(row: number, reason: LeftOutReason): void {
    this.#reasons[row] ??= reason;
  }

  reasonOf(row: number): LeftOutReason | undefined {
    return this.#reasons[row];
  }

  /** The rows that are not left out, ascending. */
  *staying(): Generator<number> {
    for (let row = 0; row < this.#reasons.length; row++) if (this.#reasons[row] === undefined) yield row;
  }

  /** How many posts are left out under each reason, in the order of the reasons; only those that there are. */
  books(): Readonly<Partial<Record<LeftOutReason, number>>> {
    const counts = new Map<LeftOutReason, number>();
    for (const reason of this.#reasons)
      if (reason !== undefined) counts.set(reason, 1 + (counts.get(reason) ?? 0));
    const place = (reason: LeftOutReason): number => {
      const own = (OWN_REASONS as readonly string[]).indexOf(reason);
      // Those of images stand where images are looked at.
      return own === -1 ? OWN_REASONS.indexOf('hash_repeated') + 0.5 : own;
    };
    const reasons = [...counts.keys()].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
    return Object.fromEntries(reasons.map((reason) => [reason, counts.get(reason)!]));
  }
}
