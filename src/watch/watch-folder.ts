import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { removeTemporariesOf, writeFileAtomic } from '../base/files.ts';
import { isObject } from '../base/json-object.ts';
import { isEmptyPlace, OutputPlace, resolvePlace } from '../base/output-place.ts';

/** What was done so far: the numbers of the next run, and of the first shard that no cycle was finished with. */
export interface WatchState {
  readonly nextRun: number;
  readonly nextShard: number;
}

const FORMAT = 'bowerbird-watch';

/** The folder of a watch, taken for this process. */
export class WatchFolder {
  readonly #place: OutputPlace;
  #state: WatchState;

  private constructor(place: OutputPlace, state: WatchState) {
    this.#place = place;
    this.#state = state;
  }

  /**
   * Takes the folder, and makes it where it is missing.
   *
   * @throws BowerbirdError BB_RUN_LOCKED where another call is at work there, BB_OUTPUT_FOLDER where something else lies there, BB_DISK_FULL,
   *   BB_SHARD_WRITE
   */
  static async open(folder: string, flag: string): Promise<WatchFolder> {
    const path = resolvePlace(folder, flag);
    if (!existsSync(join(path, 'watch.json')) && !isEmptyPlace(path))
      throw new BowerbirdError(
        'BB_OUTPUT_FOLDER',
        `${path} is neither empty nor the folder of a watch. Choose another ${flag}.`,
        { fields: { path } },
      );
    const place = await OutputPlace.take(folder, { flag, inPlace: true, kind: 'a watch' });
    try {
      const watch = new WatchFolder(place, { nextRun: 0, nextShard: 0 });
      await removeTemporariesOf(watch.path, ['watch.json', 'queue.jsonl']);
      if (existsSync(watch.#record)) watch.#state = readState(watch.#record);
      else await watch.advance(watch.#state);
      return watch;
    } catch (thrown) {
      await place.release();
      throw thrown;
    }
  }

  /** Absolute. */
  get path(): string {
    return this.#place.path;
  }
  get state(): WatchState {
    return this.#state;
  }
  /** Where posts are collected. */
  get feed(): string {
    return join(this.path, 'feed');
  }
  get queue(): string {
    return join(this.path, 'queue.jsonl');
  }
  /** Subsets of the runs, each with what is to be reviewed. */
  get review(): string {
    return join(this.path, 'review');
  }

  run(number: number): string {
    return join(this.path, 'runs', nameOf(number));
  }

  subset(number: number): string {
    return join(this.review, nameOf(number));
  }

  /** Looks whether the folder is still ours. @throws BowerbirdError BB_RUN_LOCKED */
  async assertHeld(): Promise<void> {
    await this.#place.lock.assertHeld();
  }

  /** Notes that a cycle is finished. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  async advance(state: WatchState): Promise<void> {
    const record = { format: FORMAT, version: 1, next_run: state.nextRun, next_shard: state.nextShard };
    await writeFileAtomic(this.#record, `${JSON.stringify(record)}\n`);
    this.#state = state;
  }

  async close(): Promise<void> {
    await this.#place.release();
  }

  get #record(): string {
    return join(this.path, 'watch.json');
  }
}

function nameOf(number: number): string {
  return String(number).padStart(6, '0');
}

/** @throws BowerbirdError BB_OUTPUT_FOLDER */
function readState(path: string): WatchState {
  try {
    const record: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isObject(record) || record['format'] !== FORMAT || record['version'] !== 1)
      throw new Error('it is none, or one of another version');
    const [nextRun, nextShard] = [record['next_run'], record['next_shard']];
    if (!Number.isSafeInteger(nextRun) || !Number.isSafeInteger(nextShard))
      throw new Error('its numbers are none');
    return { nextRun: nextRun as number, nextShard: nextShard as number };
  } catch (cause) {
    throw new BowerbirdError(
      'BB_OUTPUT_FOLDER',
      `${path} is not the record of a watch: ${messageOf(cause)}. Mend it, or choose another folder.`,
      { cause, fields: { path } },
    );
  }
}
