import { rm } from 'node:fs/promises';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { InputIdentity } from '../samples/input-identity.ts';
import type { ScoreSide } from '../samples/provenance/mixing.ts';
import type { ScoreRows } from '../samples/score-rows.ts';
import type { Tag } from '../samples/tags.ts';
import type { Precision } from '../store/meta.ts';
import type { FlagValues } from './flags.ts';
import { ScoreMix } from './score-mix.ts';
import type { StoreRowOptions } from './store-inputs.ts';
import { READING_SHARE } from './store-progress.ts';
import { textReading } from './text-flags.ts';

/** Which rows a store is made of, and what is read of them. */
export interface WantedRows extends Pick<StoreRowOptions, 'slice' | 'onAllInputs'> {
  readonly inputs: readonly string[];
  readonly values: FlagValues;
  readonly columns: readonly Tag[];
  readonly precision: Precision;
  /** Told what made the scores, once that was let go with the others. */
  readonly onSides?: (sides: readonly ScoreSide[]) => void;
}

/** Rows as they are read, and what has been seen of them so far. */
export interface FoundRows {
  readonly rows: AsyncGenerator<ScoreRows>;
  readonly memoryMb: number;
  readonly sources: readonly InputIdentity[];
  readonly mix: ScoreMix;
}

/** Runs a job on the rows of the inputs, in a temporary folder that goes with it. */
export async function withStoreRows<T>(
  { inputs, values, columns, precision, onSides, ...which }: WantedRows,
  job: (found: FoundRows) => Promise<T>,
): Promise<T> {
  const memoryMb = values['memory-mb'] as number;
  const sources: InputIdentity[] = [];
  const mix = new ScoreMix(values['mixed-provenance'] === true);
  const temporaryFolder = await makeTemporaryFolder('store');
  try {
    const { readStoreInputs } = await import('./store-inputs.ts');
    const rows = readStoreInputs(inputs, columns, values, {
      memoryLimitMb: Math.floor(memoryMb / READING_SHARE),
      temporaryFolder,
      ...textReading(values),
      forFloat16: precision === 'float16',
      ...which,
      onSource: (source) => sources.push(source),
      onSides: (sides) => {
        mix.take(sides);
        onSides?.(sides);
      },
      onNote: (note) => process.stderr.write(`${note}\n`),
    });
    return await job({ rows, memoryMb, sources, mix });
  } finally {
    await rm(temporaryFolder, { recursive: true, force: true });
  }
}
