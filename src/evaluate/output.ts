import { join } from 'node:path';
import { OutputFile } from '../base/output-file.ts';
import { refuseOutputOfOthers } from '../base/output-kinds.ts';
import { packageVersion } from '../base/package.ts';
import type { Evaluation } from './evaluate.ts';
import { evaluationPageData, type Shown } from './page-data.ts';
import { evaluationRecord } from './record.ts';

/** Where an evaluation goes. */
export interface EvaluationPlace {
  readonly record: OutputFile;
  readonly page: OutputFile;
}

/**
 * Looks at the place before any work is done.
 *
 * @param inputs files that are read meanwhile: none of them is written over
 * @throws BowerbirdError BB_OUTPUT_FOLDER where it is the output of another command, BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE
 */
export async function evaluationPlace(
  folder: string,
  overwrite: boolean,
  inputs: readonly string[] = [],
): Promise<EvaluationPlace> {
  const flag = '--output-folder';
  refuseOutputOfOthers(folder, 'an evaluation', flag);
  return {
    record: await OutputFile.open(join(folder, 'evaluation.json'), overwrite, inputs, flag),
    page: await OutputFile.open(join(folder, 'evaluate.html'), overwrite, inputs, flag),
  };
}

/** Writes the page, then the record: a folder with a record has both. @throws BowerbirdError BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL */
export async function writeEvaluation(
  { record, page }: EvaluationPlace,
  evaluation: Evaluation,
  shown: Shown | null,
  command: string,
): Promise<void> {
  const { renderEvaluationPage } = await import('../report/evaluation/page.ts');
  const data = evaluationPageData(evaluation, shown, { command, bowerbirdVersion: packageVersion });
  await page.writeWhole(await renderEvaluationPage(data));
  await record.writeWhole(`${JSON.stringify(evaluationRecord(evaluation), undefined, 2)}\n`);
}
