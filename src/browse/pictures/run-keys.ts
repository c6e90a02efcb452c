import type { RunRecord } from '../../runs/run-record.ts';

/** Keys as the numbers that their digits are: `10^digits * shard + index`. */
export class RunKeys {
  readonly #scale: number;

  constructor({ settings }: Pick<RunRecord, 'settings'>) {
    const samplesPerShard = settings['number_sample_per_shard'];
    this.#scale =
      typeof samplesPerShard === 'number' ? 10 ** Math.ceil(Math.log10(samplesPerShard)) : Number.NaN;
  }

  numberOf(shardId: number, index: number): number {
    return shardId * this.#scale + index;
  }

  /** The shard and the index in it; undefined for what is no key. */
  placeOf(number: number): { readonly shardId: number; readonly index: number } | undefined {
    const shardId = Math.floor(number / this.#scale);
    const index = number - shardId * this.#scale;
    return Number.isSafeInteger(shardId) && number >= 0 && Number.isInteger(index)
      ? { shardId, index }
      : undefined;
  }
}
