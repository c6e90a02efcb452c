// Makes a run of two archives, one of a folder of photos and one of a table with images, and runs each Python block of docs/python.md over
// them: node .build/scripts/try-python-page.js [PYTHON]
// A block whose packages this Python lacks is left out, and said; without Python nothing is tried. Exit code 1 where a block fails.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFolder } from '../src/base/package.ts';
import { quoteText } from '../src/tables/duckdb.ts';
import { DuckDBInstance } from '../src/tables/duckdb-library.ts';
import { fillWorld, WORLD_FLAGS } from '../test/helpers/api-world.ts';
import { makePicture } from '../test/helpers/pictures.ts';

const python = process.argv[2] ?? 'python3';
const MAIN = join(packageFolder, 'dist/cli/main.js');
const PHOTOS = 8;

async function run(...args: string[]): Promise<void> {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bowerbird ${args.join(' ')}: ${stderr}`);
}

async function fillOthers(folder: string): Promise<void> {
  const path = (name: string): string => join(folder, name);
  await mkdir(path('photos/trip'), { recursive: true });
  for (let i = 0; i < PHOTOS; i++)
    await writeFile(path(`photos/${i === 0 ? '' : 'trip/'}${i}.jpg`), await makePicture(i));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT row_number() OVER () - 1 || ' of ${PHOTOS}' AS caption, content AS jpg FROM read_blob(${quoteText(path('photos/**'))}))
     TO ${quoteText(path('images.parquet'))} (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  for (const [input, out] of [
    ['photos', 'out-photos'],
    ['images.parquet', 'out-images'],
  ]) {
    await run('score', path(input!), '--output-folder', path(out!), ...WORLD_FLAGS);
    await run('sidecars', path(out!));
  }
}

/** The Python blocks of a page, each with the heading that it stands under. */
function blocksOf(page: string): { heading: string; code: string }[] {
  const blocks: { heading: string; code: string }[] = [];
  let heading = '';
  for (const [, title, code] of page.matchAll(/^#{2,3} ([^\n]+)$|^```python\n(.*?)^```$/gms)) {
    if (title !== undefined) heading = title;
    else blocks.push({ heading, code: code! });
  }
  return blocks;
}

/** Runs a block; gives whether it came to its end, or could not be tried. */
function tryBlock(folder: string, heading: string, code: string): 'ran' | 'failed' | 'left out' {
  const { status, stdout, stderr } = spawnSync(
    python,
    ['-W', 'error::DeprecationWarning:__main__', '-c', code],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  console.log(`\n== ${heading}\n${stdout.trimEnd()}`);
  if (status === 0) return 'ran';
  const [, missing] = /ModuleNotFoundError: No module named '([^']+)'/.exec(stderr) ?? [];
  console.log(missing === undefined ? stderr : `left out: this Python has no ${missing}`);
  return missing === undefined ? 'failed' : 'left out';
}

if (spawnSync(python, ['--version']).status !== 0) {
  console.log(`There is no ${python}, so docs/python.md was not tried.`);
} else {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-python-page-'));
  try {
    console.error(`Making the runs in ${folder} ...`);
    await fillWorld(folder, run);
    await fillOthers(folder);
    const blocks = blocksOf(await readFile(join(packageFolder, 'docs/python.md'), 'utf8'));
    const ends = blocks.map(({ heading, code }) => tryBlock(folder, heading, code));
    const count = (end: string): number => ends.filter((one) => one === end).length;
    console.log(
      `\n${count('ran')} of ${blocks.length} blocks ran, ${count('failed')} failed, ${count('left out')} left out`,
    );
    if (count('failed') > 0) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
