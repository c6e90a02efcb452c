import { join } from 'node:path';
import type { WhatIfThresholds } from '../scores/what-if-count.ts';

/** The thresholds that all inputs were judged by; undefined where one is no run, or two differ. */
export async function runThresholds(inputs: readonly string[]): Promise<WhatIfThresholds | undefined> {
  const [{ expandFolders }, { readRunRecord }, { reportThresholds }] = await Promise.all([
    import('../tally/inputs.ts'),
    import('../runs/run-record.ts'),
    import('../runs/result-facts.ts'),
  ]);
  const folders = await expandFolders(inputs);
  const records = await Promise.all(folders.map((folder) => readRunRecord(join(folder, 'run.json'))));
  const found = records.map((record) => record && reportThresholds(record.thresholds));
  const [first, ...others] = found;
  const isSame = others.every((thresholds) => JSON.stringify(thresholds) === JSON.stringify(first));
  return isSame ? first : undefined;
}
