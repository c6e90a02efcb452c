import { basename, join } from 'node:path';
import { listFiles, makeFolders, remove, writeFileAtomic } from '../base/files.ts';
import { outputFailure } from '../base/output-file.ts';
import { ensembleHeadFile, type HeadStatement } from './head-writing.ts';
import type { ScoreScale } from './lessons.ts';
import type { NetworkWeights } from './network.ts';

/** Where members are written on their way, and what their files say. */
export interface CheckpointPlace {
  readonly folder: string;
  readonly dimension: number;
  /** Of values; scores of pairs are logits as they are. */
  readonly scale: ScoreScale;
  readonly isOfPairs: boolean;
  readonly statement: HeadStatement;
}

/** A member on its way. */
export interface Checkpoint {
  readonly member: number;
  readonly step: number;
  readonly weights: NetworkWeights;
}

/** The name of a checkpoint's file: `member-00-step-000120.safetensors`. */
const CHECKPOINT_NAME = /^member-\d{2,}-step-\d{6,}\.safetensors$/;

/** Makes the folder, and takes out of it what an earlier training left; other files stay. @throws BowerbirdError BB_OUTPUT_WRITE, BB_DISK_FULL */
export async function clearCheckpoints(folder: string): Promise<void> {
  try {
    await makeFolders(folder);
    for (const path of await listFiles(folder)) if (CHECKPOINT_NAME.test(basename(path))) await remove(path);
  } catch (thrown) {
    throw outputFailure(folder, thrown);
  }
}

/**
 * Writes a member as it is, as a head of its own.
 *
 * @throws BowerbirdError BB_OUTPUT_WRITE, BB_DISK_FULL
 */
export async function writeCheckpoint(
  { folder, dimension, scale, isOfPairs, statement }: CheckpointPlace,
  { member, step, weights }: Checkpoint,
): Promise<void> {
  const digits = (value: number, count: number): string => String(value).padStart(count, '0');
  const path = join(folder, `member-${digits(member, 2)}-step-${digits(step, 6)}.safetensors`);
  const single = { ...scale, offsets: [0], combine: 'mean' as const, isOfPairs };
  try {
    await writeFileAtomic(path, ensembleHeadFile([{ weights }], dimension, single, statement));
  } catch (thrown) {
    throw outputFailure(path, thrown);
  }
}
