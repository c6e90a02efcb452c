import { PassThrough } from 'node:stream';
import test from 'ava';
import { barProgressLine, type ProgressFacts, plainProgressLine } from '../../src/cli/progress-line.ts';
import { ProgressView } from '../../src/cli/progress-view.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';

const FACTS: ProgressFacts = {
  doneRows: 280,
  totalRows: 333,
  secondsLeft: 16,
  rowsPerSecond: 3.44,
  kept: 34,
  failed: 35,
  finishedShards: 2,
  totalShards: 4,
  stuckHosts: [],
  queues: [
    { name: 'download', size: 16, capacity: 16 },
    { name: 'decode', size: 0, capacity: 8 },
  ],
};

test('the line of a terminal says what matters most, and the bar takes what is left', (t) => {
  t.is(
    barProgressLine(FACTS, 80),
    '██████░░  84%  280/333 rows  kept 34  failed 35  ETA 16s  3.4 rows/s  shard 2/4',
  );
  t.is(barProgressLine(FACTS, 40), '84%  280/333 rows  kept 34  failed 35');
  t.is(
    barProgressLine(FACTS, 200),
    `${'█'.repeat(16)}${'░'.repeat(4)}  84%  280/333 rows  kept 34  failed 35  ETA 16s  3.4 rows/s  shard 2/4  queues: download 16/16, decode 0/8`,
  );
});

test('no line is as wide as its terminal, whatever the numbers and the width', (t) => {
  const next = randomNumbers(11);
  const any = (): number => Math.floor(10 ** (11 * next()));
  for (let i = 0; i < 2000; i++) {
    const columns = 1 + Math.floor(200 * next());
    const totalRows = any();
    const facts = {
      ...FACTS,
      ...{ totalRows, doneRows: Math.floor(totalRows * next()), kept: any(), failed: any() },
      ...{ rowsPerSecond: any() / 10, secondsLeft: next() < 0.2 ? undefined : any(), finishedShards: any() },
    };
    const line = barProgressLine(facts, columns);
    t.true(line.length < columns, `${columns}: ${line}`);
    if (columns >= 80) t.regex(line, /% {2}\d+\/\d+ rows {2}kept \d+ {2}failed \d+/);
  }
});

test('hosts that rows have waited long for are named, before what matters less', (t) => {
  const stuckHosts = [
    { host: 'a.test', rows: 812, why: 'paused for 40 s' },
    { host: `${'b'.repeat(60)}.test`, rows: 1, why: 'at its limit of 32' },
  ];
  const [first, second] = [
    'waits for a.test: 812 rows, paused for 40 s',
    `waits for ${'b'.repeat(39)}…: 1 row, at its limit of 32`,
  ];
  t.regex(
    plainProgressLine({ ...FACTS, stuckHosts }),
    new RegExp(`rows/s  ${first}  ${second}  shard 2/4  queues`),
  );
  t.is(
    barProgressLine({ ...FACTS, stuckHosts }, 125),
    `${'█'.repeat(15)}${'░'.repeat(4)}  84%  280/333 rows  kept 34  failed 35  ETA 16s  3.4 rows/s  ${first}`,
  );
});

test('a log gets plain lines with everything, and no bar', (t) => {
  t.is(
    plainProgressLine(FACTS),
    '280/333 rows  kept 34  failed 35  ETA 16s  3.4 rows/s  shard 2/4  queues: download 16/16, decode 0/8',
  );
});

test('images that are saved are counted with their bytes, behind the shards that they are of', (t) => {
  const line = (saved: ProgressFacts['saved']): string => plainProgressLine({ ...FACTS, saved });
  t.regex(line({ images: 0, bytes: 0 }), /shard 2\/4 {2}saved 0 images, 0\.0 MB {2}queues/);
  t.regex(line({ images: 245, bytes: 31_260_000 }), / {2}saved 245 images, 31\.3 MB {2}/);
  t.regex(line({ images: 2e6, bytes: 412e9 }), / {2}saved 2000000 images, 412\.0 GB {2}/);
  t.notRegex(line(undefined), /saved/);
});

test('100 % is said when all rows have ended, and not before', (t) => {
  t.regex(barProgressLine({ ...FACTS, doneRows: 99_999, totalRows: 100_000 }, 80), /99% /);
  t.regex(barProgressLine({ ...FACTS, doneRows: 100_000, totalRows: 100_000 }, 80), /100% /);
});

/** What moves the cursor and writes nothing. */
const CONTROLS = new RegExp(`${'\u001b'}(?:\\[[\\d;?]*[A-Za-z]|\\d)|[\r\n]`);

/** A terminal of so many columns, and what was written to it. */
function makeTerminal(columns: number | undefined): { stream: NodeJS.WriteStream; written: () => string } {
  const chunks: string[] = [];
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  stream.on('data', (chunk) => chunks.push(String(chunk)));
  const isTTY = columns !== undefined;
  return { stream: Object.assign(stream, { isTTY, columns: columns ?? 0 }), written: () => chunks.join('') };
}

function makeProgress(): ScoreProgress {
  const progress = new ScoreProgress();
  Object.assign(progress, { totalRows: 1000, resumedRows: 600, resumedFailures: 41, totalShards: 10 });
  progress.enter('scoring');
  progress.countFailure('http_not_found');
  return progress;
}

test('the view keeps to the width of its terminal', (t) => {
  for (const columns of [30, 80, 132]) {
    const { stream, written } = makeTerminal(columns);
    new ProgressView(makeProgress(), stream).stop();
    const lines = written()
      .split(CONTROLS)
      .filter((line) => line !== '');
    t.true(lines.length > 0);
    for (const line of lines) t.true(line.length < columns, `${columns}: ${line}`);
  }
});

test('what failed in an earlier session counts as failed', (t) => {
  const { stream, written } = makeTerminal(undefined);
  new ProgressView(makeProgress(), stream).stop();
  t.regex(written(), /^601\/1000 rows {2}kept 0 {2}failed 42 {2}/);
});
