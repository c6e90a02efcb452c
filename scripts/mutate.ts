/**
 * Changes one small thing in the built code at a time and runs the tests near it: what no test notices, no test
 * promises. The sample is the same for the same seed and the same code. Prints a score per room and the survivors;
 * progress goes to stderr; Ctrl-C ends it with what is known until then. See docs/mutation.md.
 *
 *   npm run mutate -- [--room base]... [--count 30] [--seed 1] [--at src/base/lock.ts:12]
 *                     [--tests test/end-to-end/resume]... [--parallel 1]
 */
import { parseArgs } from 'node:util';
import { packageFolder } from '../src/base/package.ts';
import { IS_FENCED } from './mutation/fence.ts';
import { scoreRow, survivorLines } from './mutation/report.ts';
import { mutateRoom } from './mutation/room.ts';

const { values } = parseArgs({
  options: {
    room: {
      type: 'string',
      multiple: true,
      default: ['base', 'heads', 'store', 'runs', 'scores', 'download'],
    },
    count: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    at: { type: 'string', default: '' },
    tests: { type: 'string', multiple: true, default: [] },
    parallel: { type: 'string', default: '1' },
  },
});
const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
const tell = (line: string): boolean => process.stderr.write(`${line}\n`);
if (!IS_FENCED) tell('no namespaces here (unshare): a mutant may reach other processes and the network');

const rows: string[] = [];
for (const room of values.room) {
  if (interrupt.signal.aborted) break;
  const seed = Number(values.seed);
  const verdicts = await mutateRoom({
    ...{ folder: packageFolder, buildFolder: '.build', room, at: values.at, also: values.tests },
    ...{ count: Number(values.count), seed, parallel: Number(values.parallel) },
    ...{ signal: interrupt.signal, onProgress: tell },
  });
  rows.push(scoreRow(room, verdicts, seed));
  for (const line of survivorLines(verdicts)) console.log(line);
}
console.log('\n| room | mutants | killed | survived | score | seed | date |');
console.log('|---|---|---|---|---|---|---|');
for (const row of rows) console.log(row);
process.exitCode = interrupt.signal.aborted ? 130 : 0;
