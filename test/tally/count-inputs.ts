import { type CountOptions, type CountResult, countScoresOf } from '../../src/tally/count.ts';

/** To count inputs in small, and without quantiles unless asked. */
export function countOptions(inputs: readonly string[], options: Partial<CountOptions> = {}): CountOptions {
  return {
    inputs,
    shares: [],
    by: undefined,
    urlColumn: undefined,
    top: 10,
    order: 'count',
    skipBadFiles: false,
    threads: 2,
    memoryLimitMb: 256,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...options,
  };
}

/** Counts inputs so. */
export function count(inputs: readonly string[], options: Partial<CountOptions> = {}): Promise<CountResult> {
  return countScoresOf(countOptions(inputs, options));
}
