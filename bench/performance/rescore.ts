import { linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';
import { FILES, measureScoring, writeEmbeddings, writeHeads } from '../support/embeddings.ts';
import { measureNumpy } from '../support/numpy-loop.ts';
import { cliScript, runCommand, runScript } from '../support/processes.ts';
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
const PEER_SCRIPT = join(packageFolder, 'bench/support/numpy-rescore.py');
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

/** What rows cost beyond what few of them do, CPU us a row. */
async function costOf(run: (data: 'all' | 'few') => Promise<number>): Promise<number> {
  return (((await run('all')) - (await run('few'))) / (ROWS - FEW_ROWS)) * US_PER_SECOND;
}

interface TagColumns {
  readonly what: string;
  readonly isScoresOnly: boolean;
  /** Where there is no peer: with two cores at work. */
  readonly millionRowsPerSecond: number;
}

/** The whole command, beside a script that does the part of it that people write themselves. */
function commandContest(
  folder: string,
  head: string,
  { what, isScoresOnly, millionRowsPerSecond }: TagColumns,
  { python }: Setting,
): Contest {
  const out = join(folder, 'out');
  const contest = {
    what: `rescoring ${ROWS / 1e6} million embeddings, tags with ${what}, net of start`,
    unit: UNIT,
    ours: () =>
      costOf(async (data) => {
        rmSync(out, { recursive: true, force: true });
        const args = ['score', join(folder, data), '--input-format', 'embeddings', '--aesthetic-head', head];
        const extra = isScoresOnly ? ['--scores-only'] : [];
        return (await runScript(cliScript, [...args, '--output-folder', out, ...extra])).cpuSeconds;
      }),
  };
  if (python?.versionOf('numpy') === undefined || python.versionOf('pyarrow') === undefined)
    return { ...contest, goal: goalOf(millionRowsPerSecond) };
  return {
    ...contest,
    peer: {
      name: 'numpy and pyarrow: the product, Parquet as zstd; no hashes, lengths, sums, counts, digests',
      theirs: () =>
        costOf(async (data) => {
          rmSync(out, { recursive: true, force: true });
          const args = [join(folder, data), join(folder, 'weights.npy'), out];
          const columns = isScoresOnly ? 'scores' : 'metadata';
          return (await runCommand(python.command, [PEER_SCRIPT, ...args, columns])).cpuSeconds;
        }),
    },
    goal: 1,
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
      commandContest(
        folder,
        head!,
        { what: 'scores only', isScoresOnly: true, millionRowsPerSecond: 1 },
        setting,
      ),
      commandContest(
        folder,
        head!,
        { what: "the metadata's columns", isScoresOnly: false, millionRowsPerSecond: 0.7 },
        setting,
      ),
      numpyContest(folder, paths, head!, setting),
    ];
  },
};
