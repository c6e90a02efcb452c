import { join } from 'node:path';
import { OutputFile } from '../base/output-file.ts';

/** Where an evaluation goes. */
export interface EvaluationPlace {
  readonly record: OutputFile;
}

/** Looks at the place before any work is done. @throws BowerbirdError BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE */
export async function evaluationPlace(folder: string, overwrite: boolean): Promise<EvaluationPlace> {
  return { record: await OutputFile.open(join(folder, 'evaluation.json'), overwrite) };
}

/** @throws BowerbirdError BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL */
export async function writeEvaluation(
  { record: file }: EvaluationPlace,
  record: Readonly<Record<string, unknown>>,
): Promise<void> {
  await file.writeWhole(`${JSON.stringify(record, undefined, 2)}\n`);
}
