import { join } from 'node:path';
import { BowerbirdError } from '../../src/base/errors.ts';
import { withFileSystem } from '../../src/base/file-system.ts';
import { takeLock } from '../../src/base/lock.ts';
import type { Finish } from '../../src/runs/finish.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { type RunRecord, readRunRecord } from '../../src/runs/run-record.ts';
import { UNSYNCED } from '../helpers/interposed-files.ts';
import { aestheticHead, halfRows, headWeights, makeFolder, rescore, writeHead } from '../rescore/setup.ts';

const DIMENSION = 8;
const ROWS = 24;

/** Makes a finished run of two shards over stored embeddings; gives its folder. */
export async function makeFinishedRun(folder: string, name = 'run', seed = 1): Promise<string> {
  const inputs = join(folder, `${name}-inputs`);
  const files = [0, 1].map((i) => ({
    number: String(i),
    values: halfRows(seed + i, ROWS, DIMENSION).halves,
  }));
  await makeFolder(inputs, DIMENSION, files);
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, DIMENSION), 4);
  await withFileSystem(UNSYNCED, () =>
    rescore([inputs], join(folder, name), { heads: [aestheticHead(head)], scoreThreads: 1 }),
  );
  return join(folder, name);
}

/** What `finishRun` takes to sum such a run up again. */
export async function finishOf(run: string): Promise<Finish & { readonly record: RunRecord }> {
  const folder = new RunFolder(run);
  await folder.create({});
  const lock = await takeLock(join(run, '.lock'), (who) => new BowerbirdError('BB_RUN_LOCKED', who));
  const shards = [0, 1].map((id) => ({ id, inputIndex: id, firstRow: 0, rowCount: ROWS }));
  const record = await readRunRecord(folder.runRecord);
  return { folder, lock, shards, dimension: DIMENSION, aestheticHead: undefined, record: record! };
}
