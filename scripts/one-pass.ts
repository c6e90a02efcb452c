/**
 * Scores pictures of a folder twice, each time into another run folder, and says whether both have the same bytes and what each stage
 * took:
 *
 *   node .build/scripts/one-pass.js PICTURES [--images 64] [--keep FOLDER] -- FLAGS OF bowerbird score ...
 *
 * The pictures are cropped anew until there are enough of them, and served on loopback. Model caches and mirrors are those of the
 * environment. Ends with 1 where a byte differs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sharp } from '../src/decode/sharp-library.ts';
import { digestRun } from '../test/helpers/digest-run.ts';
import { startImageHost } from '../test/helpers/image-host.ts';
import { Random } from './random.ts';
import { writeRows } from './write-rows.ts';

const ENDINGS = ['.jpg', '.jpeg', '.png', '.webp'];
/** What is left of a side after a crop, at the least. */
const LEAST_SHARE = 0.6;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { images: { type: 'string', default: '64' }, keep: { type: 'string' } },
});
const [pictures, ...scoreFlags] = positionals;
if (!pictures)
  throw new Error('Say which pictures: node .build/scripts/one-pass.js FOLDER -- --clip-model ...');

/** So many JPEGs: the pictures as they are, then crops of them. */
async function readPictures(folder: string, count: number): Promise<Buffer[]> {
  const names = (await readdir(folder))
    .filter((name) => ENDINGS.includes(extname(name).toLowerCase()))
    .sort();
  if (names.length === 0) throw new Error(`${folder} has no picture (${ENDINGS.join(', ')}).`);
  const random = new Random(1);
  return Promise.all(
    Array.from({ length: count }, (_, i) => {
      const path = join(folder, names[i % names.length]!);
      return i < names.length
        ? readFile(path)
        : cropOf(
            path,
            [1, 2, 3, 4].map(() => random.next()),
          );
    }),
  );
}

async function cropOf(path: string, random: readonly number[]): Promise<Buffer> {
  const { width, height } = await sharp(path).metadata();
  const [w, h] = [width, height].map((side, i) =>
    Math.round(side * (LEAST_SHARE + (1 - LEAST_SHARE) * random[i]!)),
  ) as [number, number];
  const left = Math.floor((width - w) * random[2]!);
  const top = Math.floor((height - h) * random[3]!);
  return sharp(path).extract({ left, top, width: w, height: h }).jpeg({ quality: 92 }).toBuffer();
}

async function score(input: string, output: string): Promise<number> {
  const script = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
  const args = [
    ...['score', input, '--output-folder', output, '--save-embeddings', '--allow-private-addresses'],
    ...scoreFlags,
  ];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [exitCode] = await once(child, 'exit');
  if (exitCode !== 0) throw new Error(`bowerbird score ended with ${exitCode}`);
  return (performance.now() - startedMs) / 1000;
}

/** The seconds of each stage, summed over shards. */
async function stageSeconds(output: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const name of await readdir(join(output, 'stats'))) {
    const stats = JSON.parse(await readFile(join(output, 'stats', name), 'utf8')) as {
      stage_seconds: Record<string, number>;
    };
    for (const [stage, seconds] of Object.entries(stats.stage_seconds))
      sums[stage] = (sums[stage] ?? 0) + seconds;
  }
  return sums;
}

async function compareRuns(folder: string, input: string): Promise<boolean> {
  const outputs = ['first', 'second'].map((name) => join(folder, name));
  for (const output of outputs) {
    const seconds = await score(input, output);
    const stages = Object.entries(await stageSeconds(output)).map(
      ([stage, busy]) => `${stage} ${busy.toFixed(1)} s`,
    );
    console.log(`${output}: ${seconds.toFixed(1)} s; rows were in ${stages.join(', ')}`);
  }
  const [first, second] = (await Promise.all(outputs.map(digestRun))) as [Digests, Digests];
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  const different = names.filter((name) => first[name] !== second[name]);
  console.log(
    different.length === 0
      ? `${names.length} files, the same bytes in both`
      : `different bytes: ${different.join(', ')}`,
  );
  return different.length === 0;
}

type Digests = Record<string, string>;

const folder = values.keep ?? (await mkdtemp(join(tmpdir(), 'bowerbird-one-pass-')));
await mkdir(folder, { recursive: true });
const jpegs = await readPictures(pictures, Number(values.images));
const host = await startImageHost(new Map(jpegs.map((jpeg, i) => [`/${i}.jpg`, jpeg])));
try {
  const input = join(folder, 'urls.parquet');
  const rows = jpegs.map((_, i) => ({ URL: `${host.origin}/${i}.jpg`, TEXT: `picture ${i}` }));
  await writeRows(input, { URL: 'VARCHAR', TEXT: 'VARCHAR' }, rows);
  if (!(await compareRuns(folder, input))) process.exitCode = 1;
} finally {
  await host.stop();
  if (values.keep === undefined) await rm(folder, { recursive: true, force: true });
}
