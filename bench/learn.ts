// Training of heads beside PyTorch and scikit-learn. Steps per CPU-second of an ensemble from pairs (16 members, dropout -> 768 -> SiLU -> 1), in batches of
// 1 and 32: the same starts, pairs, orders and sizes for all. Ridge: CPU seconds and peak memory, and how far weights lie apart.
// Run: npm run build:tests; node .build/bench/learn.js --python PYTHON [--rounds 3] [--ridge-rows 20000,100000]

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../scripts/random.ts';
import { packageFolder } from '../src/base/package.ts';
import { KernelOperations } from '../src/learn/kernel-operations.ts';
import type { Lessons } from '../src/learn/lessons.ts';
import { type MemberOptions, trainMember } from '../src/learn/member.ts';
import { Network } from '../src/learn/network.ts';
import { randomBits, shuffled } from '../src/learn/random.ts';
import { startLineProcess } from './support/line-process.ts';
import { runCommand } from './support/processes.ts';
import { spread } from './support/spread.ts';
import { table } from './support/table.ts';

const DIMENSION = 768;
const MEMBERS = 16;
const SAMPLES = 2000;
const SEED = 1;
const PENALTY = 10;
/** Steps of each turn, by batch. */
const STEPS = new Map([
  [1, 120],
  [32, 60],
]);
const TRAINING = { learningRate: 3e-4, weightDecay: 0.2, dropout: 0.1 };

interface Turn {
  readonly cpuSeconds: number;
  readonly meanLoss: number;
}

/** What files a turn of torch reads. */
type TurnFiles = Readonly<Record<'first' | 'bias' | 'last' | 'pairs' | 'targets', string>>;

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '3' },
    'ridge-rows': { type: 'string', default: '20000,100000' },
  },
});
const rounds = Number(flags.rounds);
const folder = await mkdtemp(join(tmpdir(), 'bowerbird-learn-'));
const path = (name: string): string => join(folder, name);
const supportFile = (name: string): string => join(packageFolder, 'bench', 'support', name);
const bytesOf = (values: Float32Array | Float64Array | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function unitRows(next: () => number, count: number): Float32Array {
  const values = new Float32Array(count * DIMENSION);
  for (let row = 0; row < count; row++) {
    const some = values.subarray(row * DIMENSION, (row + 1) * DIMENSION);
    for (let i = 0; i < DIMENSION; i++) some[i] = next() + next() + next() - 1.5;
    const length = Math.hypot(...some);
    for (let i = 0; i < DIMENSION; i++) some[i]! /= length;
  }
  return values;
}

function pairLessons(next: () => number, count: number): Lessons {
  const pick = (): Int32Array => Int32Array.from({ length: count }, () => Math.floor(next() * SAMPLES));
  const targets = Float64Array.from({ length: count }, () => (next() < 0.5 ? 0.95 : 0.05));
  return { kind: 'pairs', first: pick(), second: pick(), targets };
}

/** The weights that members begin with, and their pairs in the order in which they meet them: as `trainMember` draws them. */
async function writeTurn(batch: number, { first, second, targets }: Lessons): Promise<TurnFiles> {
  const parts = { first: [], bias: [], last: [] } as Record<'first' | 'bias' | 'last', Float32Array[]>;
  const pairs: number[] = [];
  const wanted: number[] = [];
  for (let member = 0; member < MEMBERS; member++) {
    const bits = randomBits(`bowerbird member ${SEED} ${member}`);
    const network = new Network(
      { dimension: DIMENSION, hidden: DIMENSION, capacity: 2 },
      (lengths) => new KernelOperations(lengths),
    );
    network.initialise(bits);
    for (const part of ['first', 'bias', 'last'] as const) parts[part].push(network.weights[part]);
    for (const lesson of shuffled(first.length, bits)) {
      pairs.push(first[lesson]!, second[lesson]!);
      wanted.push(targets[lesson]!);
    }
  }
  const write = async (name: string, content: Uint8Array): Promise<string> => {
    const to = path(`${batch}-${name}`);
    await writeFile(to, content);
    return to;
  };
  return {
    first: await write('first', Buffer.concat(parts.first.map(bytesOf))),
    bias: await write('bias', Buffer.concat(parts.bias.map(bytesOf))),
    last: await write('last', Buffer.concat(parts.last.map(bytesOf))),
    pairs: await write('pairs', bytesOf(Int32Array.from(pairs))),
    targets: await write('targets', bytesOf(Float32Array.from(wanted))),
  };
}

async function ourTurn(rows: Float32Array, training: Lessons, batch: number): Promise<Turn> {
  const options: MemberOptions = {
    ...{ ...TRAINING, hidden: DIMENSION, batch, epochs: 1, seed: SEED, valueLoss: 'mse' },
    evaluateEvery: Number.MAX_SAFE_INTEGER,
  };
  const none = new Int32Array(0);
  const validation: Lessons = {
    kind: 'pairs',
    ...{ first: none, second: none, targets: new Float64Array(0) },
  };
  const before = process.cpuUsage();
  let loss = 0;
  for (let member = 0; member < MEMBERS; member++) {
    const { curve } = await trainMember(
      { dimension: DIMENSION, rows, training, validation },
      options,
      member,
      {
        makeOperations: (lengths) => new KernelOperations(lengths),
        onLook: () => true,
      },
    );
    loss += curve.at(-1)!.trainingLoss! / MEMBERS;
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, meanLoss: loss };
}

async function compareEnsembles(): Promise<void> {
  const random = new Random(1);
  const next = (): number => random.next();
  const rows = unitRows(next, SAMPLES);
  await writeFile(path('rows'), bytesOf(rows));
  const torch = [1, null].map((threads) => ({
    name: threads === 1 ? 'torch, one thread' : 'torch, as shipped',
    process: startLineProcess(flags.python, [
      supportFile('torch-ensemble.py'),
      JSON.stringify({
        ...{ rows: path('rows'), dimension: DIMENSION, members: MEMBERS, threads },
        ...TRAINING,
      }),
    ]),
  }));
  const lines: string[][] = [];
  for (const [batch, steps] of STEPS) {
    const lessons = pairLessons(next, steps * batch);
    const files = await writeTurn(batch, lessons);
    const contestants = [
      { name: 'bowerbird', take: (): Promise<Turn> => ourTurn(rows, lessons, batch) },
      ...torch.map(({ name, process: { ask } }) => ({
        name,
        take: async (): Promise<Turn> => (await ask({ ...files, batch, hidden: DIMENSION })) as Turn,
      })),
    ];
    const turns = contestants.map((): Turn[] => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [i, { take }] of contestants.entries()) {
        const turn = await take();
        // The first warms up.
        if (round > 0) turns[i]!.push(turn);
      }
    }
    for (const [i, { name }] of contestants.entries()) {
      const rates = turns[i]!.map(({ cpuSeconds }) => steps / cpuSeconds);
      const ratios = turns[i]!.map(({ cpuSeconds }, round) => cpuSeconds / turns[0]![round]!.cpuSeconds);
      const loss = turns[i]![0]!.meanLoss.toFixed(5);
      lines.push([String(batch), name, spread(rates, 1), i === 0 ? '' : spread(ratios, 2), loss]);
    }
  }
  for (const { process: each } of torch) await each.stop();
  console.log(`${MEMBERS} members of ${DIMENSION} hidden units, steps of all members per CPU-second:\n`);
  console.log(table(['batch', 'by', 'steps/CPU-s', 'CPU time, in that of bowerbird', 'mean loss'], lines));
}

interface RidgeTurn {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

async function compareRidge(count: number): Promise<string[][]> {
  const random = new Random(2);
  const rows = unitRows(() => random.next(), count);
  const hidden = Array.from({ length: DIMENSION }, () => random.next() - 0.5);
  const targets = Float64Array.from({ length: count }, (_, row) =>
    hidden.reduce((sum, weight, i) => sum + weight * rows[row * DIMENSION + i]!, 5 + random.next()),
  );
  await writeFile(path('rows'), bytesOf(rows));
  await writeFile(path('targets'), bytesOf(targets));
  const common = [path('rows'), path('targets'), String(DIMENSION), String(PENALTY)];
  const script = fileURLToPath(new URL('./ridge-process.js', import.meta.url));
  const contestants = [
    ['bowerbird', process.execPath, script],
    ...['torch', 'sklearn'].map((name) => [name, flags.python, supportFile('python-ridge.py'), name]),
  ] as [name: string, command: string, ...args: string[]][];
  const turns = contestants.map((): RidgeTurn[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, [name, command, ...args]] of contestants.entries()) {
      const { stdout } = await runCommand(command, [...args, ...common, path(name)]);
      turns[i]!.push(JSON.parse(stdout) as RidgeTurn);
    }
  }
  const weightsOf = (name: string): Float64Array =>
    new Float64Array(new Uint8Array(readFileSync(path(name))).buffer);
  const ours = weightsOf('bowerbird');
  const largest = ours.subarray(0, DIMENSION).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return contestants.map(([name], i) => {
    const apart = weightsOf(name).reduce((most, value, j) => Math.max(most, Math.abs(value - ours[j]!)), 0);
    return [
      ...[`${count}`, name],
      spread(
        turns[i]!.map(({ cpuSeconds }) => cpuSeconds),
        2,
      ),
      spread(
        turns[i]!.map(({ peakBytes }) => peakBytes / 1e6),
        0,
      ),
      i === 0 ? '' : (apart / largest).toExponential(1),
    ];
  });
}

try {
  await compareEnsembles();
  const lines = [];
  for (const count of flags['ridge-rows'].split(',')) lines.push(...(await compareRidge(Number(count))));
  console.log(
    `\nRidge in float64 at one penalty, ${DIMENSION} dimensions; weights apart in parts of the largest:\n`,
  );
  console.log(table(['rows', 'by', 'CPU seconds', 'peak MB', 'weights apart'], lines));
} finally {
  await rm(folder, { recursive: true });
}
