/**
 * Damages copies of a finished run at random (changed bytes, cut, lost and exchanged files) and asks each for its counts,
 * its buckets and a merge: every answer must be that of the whole run, or be refused with a code. Ends with 1 where not.
 *
 *   node .build/scripts/fuzz-runs.js RUN [--count 500] [--seed 1]
 */
import { cp, mkdtemp, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openRun } from '../src/api/runs.ts';
import { BowerbirdError, messageOf } from '../src/base/errors.ts';
import { mergeRuns } from '../src/runs/merge-runs.ts';
import { countScoresOf } from '../src/tally/count.ts';
import { Random } from './random.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '500' }, seed: { type: 'string', default: '1' } },
});
const [whole] = positionals;
if (whole === undefined) throw new Error('name a finished run folder');
const random = new Random(Number(values.seed));
const work = await mkdtemp(join(tmpdir(), 'bowerbird-fuzz-runs-'));

/** What a run says of itself, each question by itself: an answer as JSON, or a code. */
async function ask(folder: string): Promise<string[]> {
  const questions = [
    async () => {
      const { finishedShardCount, shardCount, counts } = await openRun(folder);
      return finishedShardCount === shardCount ? counts : 'BB_UNFINISHED';
    },
    async () => {
      const { tally, inputs } = await countScoresOf({
        ...{ inputs: [folder], shares: [], by: undefined, urlColumn: undefined, top: 10, order: 'count' },
        ...{ skipBadFiles: false, threads: 1, memoryLimitMb: 256 },
        ...{ signal: new AbortController().signal, onProgress: () => undefined },
      });
      // What is not finished is said, and what is finished counts.
      if (inputs.runs.some(({ shards, finishedShards }) => finishedShards < shards)) return 'BB_UNFINISHED';
      return [tally.states, tally.buckets(), tally.cube];
    },
    async () => {
      const { counts, buckets } = await mergeRuns([folder], join(work, 'merged'), undefined);
      return [counts, buckets];
    },
  ];
  const answers: string[] = [];
  for (const question of questions) {
    try {
      answers.push(JSON.stringify(await question()));
    } catch (thrown) {
      answers.push(thrown instanceof BowerbirdError ? thrown.code : `RAW ${messageOf(thrown)}`);
    }
  }
  await rm(join(work, 'merged'), { recursive: true, force: true });
  return answers;
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;

/** Damages one file of a run; gives what was done. */
async function damage(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const path = pick(files.sort());
  const { size } = await stat(path);
  const how = pick(['bytes', 'bytes', 'bytes', 'cut', 'lose', 'exchange']);
  if (how === 'cut') await truncate(path, Math.floor(random.next() * size));
  if (how === 'lose') await rm(path);
  if (how === 'exchange') {
    const other = pick(files);
    await rename(path, `${path}.x`);
    if (other !== path) await rename(other, path);
    await rename(`${path}.x`, other);
  }
  if (how === 'bytes') {
    const handle = await open(path, 'r+');
    for (let i = 0; i < 3; i++) {
      const byte = Buffer.from([Math.floor(random.next() * 256)]);
      await handle.write(byte, 0, 1, Math.floor(random.next() * size));
    }
    await handle.close();
  }
  return `${how} ${path.slice(folder.length + 1)}`;
}

const expected = await ask(whole);
const report = { runs: 0, intact: 0, refused: 0, wrong: [] as string[], raw: [] as string[] };
for (; report.runs < Number(values.count); report.runs++) {
  const folder = join(work, 'run');
  await cp(whole, folder, { recursive: true });
  const what = await damage(folder);
  const answers = await ask(folder);
  const raw = answers.filter((answer) => answer.startsWith('RAW'));
  if (raw.length > 0) report.raw.push(`${what}: ${raw.join('; ').slice(0, 200)}`);
  const wrong = answers.findIndex((answer, i) => answer !== expected[i] && !/^"?(BB_|RAW)/.test(answer));
  if (wrong >= 0) report.wrong.push(`${what}: answer ${wrong}: ${answers[wrong]!.slice(0, 300)}`);
  if (answers.some((answer) => /^"?BB_/.test(answer))) report.refused++;
  else if (raw.length === 0 && wrong < 0) report.intact++;
  await rm(folder, { recursive: true, force: true });
}
await rm(work, { recursive: true, force: true });
console.log(JSON.stringify(report, null, 2));
process.exitCode = report.wrong.length + report.raw.length > 0 ? 1 : 0;
