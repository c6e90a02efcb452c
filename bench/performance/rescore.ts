import { linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FILES, measureScoring, writeEmbeddings, writeHeads } from '../support/embeddings.ts';
import { measureNumpy } from '../support/numpy-loop.ts';
import { cliScript, runScript } from '../support/processes.ts';
import type { Contest, MissingContest, PerformanceBench, Setting } from './bench.ts';

const FILE_ROWS = 200_000;
/** The same files under several names: so many rows are read from half a gigabyte of memory. */
const NAMES_PER_FILE = 4;
const ROWS = FILE_ROWS * FILES * NAMES_PER_FILE;
const FEW_FILE_ROWS = 500;
const FEW_ROWS = FEW_FILE_ROWS * FILES;
const REPEATS = 3;
const US_PER_SECOND = 1e6;
const UNIT = 'CPU us a row';
/** CPU microseconds of a row, with two cores at work, at this many million rows a second. */
const goalOf = (millions: number): number => 2 / millions;

/** Gives files further names. */
function nameAgain(folder: string): void {
  for (let name = FILES; name < FILES * NAMES_PER_FILE; name++) {
    const of = (number: number): string[] => [
      join(folder, 'img_emb', `img_emb_${number}.npy`),
      join(folder, 'metadata', `metadata_${number}.parquet`),
    ];
    for (const [i, path] of of(name).entries()) linkSync(of(name % FILES)[i]!, path);
  }
}

function commandContest(folder: string, head: string, what: string, millions: number): Contest {
  const run = async (data: string): Promise<number> => {
    const out = join(folder, 'out');
    rmSync(out, { recursive: true, force: true });
    const args = ['score', join(folder, data), '--input-format', 'embeddings', '--aesthetic-head', head];
    const extra = what === 'scores only' ? ['--scores-only'] : [];
    return (await runScript(cliScript, [...args, '--output-folder', out, ...extra])).cpuSeconds;
  };
  return {
    what: `rescoring ${ROWS / 1e6} million embeddings, tags with ${what}, net of start`,
    unit: UNIT,
    ours: async () => (((await run('all')) - (await run('few'))) / (ROWS - FEW_ROWS)) * US_PER_SECOND,
    goal: goalOf(millions),
  };
}

function numpyContest(
  folder: string,
  paths: readonly string[],
  head: string,
  { python }: Setting,
): Contest | MissingContest {
  const what = 'scores of embeddings; ours with lengths and sums per bucket';
  if (python?.versionOf('numpy') === undefined) return { what, missing: 'numpy; give --python' };
  const work = { rowCount: FILE_ROWS * FILES, repeats: REPEATS, threadCount: 1 };
  return {
    what,
    unit: UNIT,
    ours: async () => US_PER_SECOND / (await measureScoring(paths, [head], work)).rate.perCpuSecond,
    peer: {
      name: 'numpy: memory map, float32, product',
      theirs: () =>
        US_PER_SECOND /
        measureNumpy(python.command, join(folder, 'weights.npy'), paths, work)!.rate.perCpuSecond,
    },
    goal: 1,
  };
}

/** Scoring stored embeddings: the whole command, and its kernel beside the loop of LAION's scripts. */
export const RESCORE_BENCH: PerformanceBench = {
  name: 'rescore',
  async prepare(setting) {
    const { folder } = setting;
    mkdirSync(folder, { recursive: true });
    const paths = await writeEmbeddings(join(folder, 'all'), FILE_ROWS);
    nameAgain(join(folder, 'all'));
    await writeEmbeddings(join(folder, 'few'), FEW_FILE_ROWS);
    const [head] = await writeHeads(folder, 1);
    return [
      commandContest(folder, head!, 'scores only', 1),
      commandContest(folder, head!, "the metadata's columns", 0.7),
      numpyContest(folder, paths, head!, setting),
    ];
  },
};
