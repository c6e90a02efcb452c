import { join } from 'node:path';
import { makeFolders, remove, writeFileAtomic, writing } from '../base/files.ts';
import { readNames } from '../runs/run-files.ts';
import { shardName } from '../samples/key.ts';

/** Shards that no worker is given any more, since they were begun several times without an end: a file for each in `.failed` of the run folder. */
export class FailedShards {
  readonly #folder: string;

  constructor(run: string) {
    this.#folder = join(run, '.failed');
  }

  /** Names a shard as failed. @throws BowerbirdError BB_SHARD_WRITE, BB_DISK_FULL */
  async add(shardId: number, attempts: number): Promise<void> {
    const path = join(this.#folder, `${shardName(shardId)}.json`);
    await writing(this.#folder, () => makeFolders(this.#folder));
    const failure = { shard_id: shardId, reason: 'no_end', attempts, at: new Date().toISOString() };
    await writeFileAtomic(path, `${JSON.stringify(failure)}\n`);
  }

  /** Their numbers, in order. */
  async list(): Promise<number[]> {
    const names = await readNames(this.#folder);
    return names
      .filter((name) => /^\d{5,}\.json$/.test(name))
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
  }

  /** Has all of them tried again. @throws BowerbirdError BB_SHARD_WRITE */
  async clear(): Promise<void> {
    await remove(this.#folder);
  }
}
