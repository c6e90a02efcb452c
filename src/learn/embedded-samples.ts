import { remove } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { SampleName } from '../feedback/answer.ts';
import { readHashes } from '../rescore/metadata.ts';
import { planRescore } from '../rescore/plan.ts';
import { openDuckDb } from '../tables/duckdb.ts';
import { type EmbeddingRequest, readKeys } from './embeddings.ts';

const MEMORY_LIMIT_MB = 512;

/** So many of a stream, each with the same chance (reservoir sampling, Vitter's algorithm R), in their order. */
export class Reservoir<Item> {
  passed = 0;
  readonly #most: number;
  readonly #random: () => number;
  readonly #kept: { readonly number: number; readonly item: Item }[] = [];

  /** @param random gives numbers from 0 on, below 1 */
  constructor(most: number, random: () => number) {
    this.#most = most;
    this.#random = random;
  }

  /** @param make makes the item, where it is kept */
  add(make: () => Item): void {
    const number = this.passed++;
    const place = number < this.#most ? number : Math.floor(this.#random() * (number + 1));
    if (place < this.#most) this.#kept[place] = { number, item: make() };
  }

  items(): Item[] {
    return [...this.#kept].sort((a, b) => a.number - b.number).map(({ item }) => item);
  }
}

/**
 * Draws samples that have an embedding and a name: all where there are no more than `most`.
 *
 * @throws TableError as `planRescore`; BB_SHARD_READ
 */
export async function drawEmbedded(
  { inputs, embeddingColumn, hashColumn, signal, onNote, onProgress }: EmbeddingRequest,
  reservoir: Reservoir<SampleName>,
): Promise<void> {
  const folder = await makeTemporaryFolder('evaluate');
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder: folder });
  try {
    const choice = {
      ...{ inputs, skipBadFiles: false },
      ...(embeddingColumn !== undefined && { embeddingColumn }),
      ...(hashColumn !== undefined && { hashColumn }),
    };
    const plan = await planRescore(instance, choice, undefined, onNote);
    let passed = 0;
    for (const { metadata, layout } of plan.inputs) {
      signal?.throwIfAborted();
      passed += layout.rowCount;
      if (metadata === undefined) continue;
      const hashes = await readHashes(instance, { ...plan, path: metadata, rowCount: layout.rowCount });
      const keys = await readKeys(instance, metadata);
      for (let row = 0; row < layout.rowCount; row++) {
        const [hash, key] = [hashes?.[row], keys?.[row] ?? undefined];
        if (hash !== undefined || key !== undefined)
          reservoir.add(() => ({
            ...(hash !== undefined && { hash: String(hash) }),
            ...(key !== undefined && { key }),
          }));
      }
      onProgress(passed, plan.rowCount);
    }
  } finally {
    instance.closeSync();
    await remove(folder);
  }
}
