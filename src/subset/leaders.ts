import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Spill } from '../base/spill.ts';

/** Rows that are kept, found by what they look like. */
export interface Leaders {
  /** uint32 words of a record: the place of its row in two halves, lower first, then what is compared. */
  readonly words: number;
  /** No room for another one. */
  readonly isFull: boolean;
  /** Whether a leader is near to a record. */
  isNear(records: Uint32Array, at: number): boolean;
  add(records: Uint32Array, at: number): void;
  clear(): void;
}

/** Words of a row's place in its table. */
export const PLACE_WORDS = 2;
const BUFFER_BYTES = 2 ** 20;
/** After so many rows others get their turn. */
const TURN_ROWS = 1024;

/** Where what does not fit goes, and who is told how far it is. */
export interface LeaderTools {
  readonly spillFolder: string;
  /** May throw to end the work. @param share 0 to 1, of one pass */
  readonly onProgress: (share: number) => void;
  /** Records that there are. */
  readonly rowCount: number;
}

/**
 * Goes through rows from the best to the worst: one that is near to a kept one is a follower, any other is kept, a leader. So no
 * two kept rows are near to each other, and each follower is near to a better row that is kept.
 *
 * Once there is no room for another leader, rows that are near to none of them are put aside, and gone through anew when all have
 * been compared: with all leaders before them they were compared then, so the result is the same whatever the room.
 *
 * @param rows records from the best to the worst, some at a time; each array is gone with the next
 * @returns the places of the followers, two words each, to be closed by the caller
 */
export async function findFollowers(
  rows: AsyncIterable<Uint32Array>,
  leaders: Leaders,
  tools: LeaderTools,
): Promise<Spill> {
  const spills = new Set<Spill>();
  const open = (name: string, words: number): Spill => {
    const path = join(tools.spillFolder, name);
    const spill = new Spill({ path, words, bits: 0, shift: 0, bufferBytes: BUFFER_BYTES });
    spills.add(spill);
    return spill;
  };
  const close = (spill: Spill): void => {
    spills.delete(spill);
    spill.close();
  };
  try {
    const followers = open('followers', PLACE_WORDS);
    let aside = open('aside-0', leaders.words);
    await onePass(rows, leaders, { followers, aside, tools });
    for (let pass = 1; aside.counts[0]! > 0; pass++) {
      leaders.clear();
      const [before, next] = [aside, open(`aside-${pass}`, leaders.words)];
      await onePass(before.read(0), leaders, { followers, aside: next, tools });
      close(before);
      aside = next;
    }
    close(aside);
    followers.finish();
    return followers;
  } catch (thrown) {
    for (const spill of spills) spill.close();
    throw thrown;
  }
}

interface PassTargets {
  readonly followers: Spill;
  /** Takes rows for which there was no room; finished at the end. */
  readonly aside: Spill;
  readonly tools: LeaderTools;
}

async function onePass(
  rows: AsyncIterable<Uint32Array> | Iterable<Uint32Array>,
  leaders: Leaders,
  { followers, aside, tools }: PassTargets,
): Promise<void> {
  let done = 0;
  for await (const records of rows) {
    for (let at = 0; at < records.length; at += leaders.words) {
      if (leaders.isNear(records, at)) followers.add(records.subarray(at, at + PLACE_WORDS), 1);
      else if (!leaders.isFull) leaders.add(records, at);
      else aside.add(records.subarray(at, at + leaders.words), 1);
      if (++done % TURN_ROWS > 0) continue;
      tools.onProgress(done / tools.rowCount);
      // Signals get their turn.
      await setImmediate();
    }
  }
  aside.finish();
}
