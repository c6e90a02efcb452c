import { shardName } from '../samples/key.ts';
import { backendOf } from './backend-of.ts';
import type { RunBackend } from './run-backend.ts';

const FOLDER = '.failed';

/** Shards that no worker is given any more, since they were begun several times without an end: a file for each in `.failed` of the run. */
export class FailedShards {
  readonly #backend: RunBackend;

  /** @param run a folder, or a URL of object storage */
  constructor(run: string) {
    this.#backend = backendOf(run);
  }

  /** Names a shard as failed. @throws as `RunBackend` */
  async add(shardId: number, attempts: number): Promise<void> {
    const failure = { shard_id: shardId, reason: 'no_end', attempts, at: new Date().toISOString() };
    await this.#backend.write(`${FOLDER}/${shardName(shardId)}.json`, `${JSON.stringify(failure)}\n`);
  }

  /** Their numbers, in order. */
  async list(): Promise<number[]> {
    const names = await this.#backend.names(FOLDER);
    return names
      .filter((name) => /^\d{5,}\.json$/.test(name))
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
  }

  /** Has all of them tried again. @throws as `RunBackend` */
  async clear(): Promise<void> {
    await this.#backend.remove(FOLDER);
  }
}
