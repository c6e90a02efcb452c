import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { KernelOperations } from '../../src/learn/kernel-operations.ts';
import type { Lessons, ValueLoss } from '../../src/learn/lessons.ts';
import { type MemberOptions, trainMember } from '../../src/learn/member.ts';
import { Network } from '../../src/learn/network.ts';
import { randomBits } from '../../src/learn/random.ts';
import { GradientKeeper } from './gradient-keeper.ts';
import { relativeError } from './least-squares.ts';

interface Pair {
  readonly first: number;
  readonly second: number;
  readonly target: number;
}

/** What scripts/make-training-fixtures.py wrote. */
interface TorchFixture {
  readonly options: Omit<MemberOptions, 'valueLoss'>;
  readonly rows: readonly (readonly number[])[];
  readonly training: readonly Pair[];
  readonly validation: readonly Pair[];
  readonly curves: readonly (readonly [step: number, training: number | null, heldOut: number])[][];
  readonly values: readonly { readonly row: number; readonly target: number; readonly weight: number }[];
  readonly valueCurves: Readonly<Record<'mse' | 'huber' | '0.5' | '0.9', readonly number[]>>;
  readonly gradient: { readonly rows: number[][] } & Record<'first' | 'bias' | 'last', number[]>;
}

const torch = JSON.parse(
  readFileSync(join(packageFolder, 'test', 'learn', 'fixtures', 'torch.json'), 'utf8'),
) as TorchFixture;

function lessonsOf(pairs: readonly Pair[]): Lessons {
  return {
    kind: 'pairs',
    first: Int32Array.from(pairs, ({ first }) => first),
    second: Int32Array.from(pairs, ({ second }) => second),
    targets: Float64Array.from(pairs, ({ target }) => target),
  };
}

test("each member's loss curve is PyTorch's over the same starts, batches and left out inputs", async (t) => {
  const course = {
    dimension: torch.rows[0]!.length,
    rows: Float32Array.from(torch.rows.flat()),
    training: lessonsOf(torch.training),
    validation: lessonsOf(torch.validation),
  };
  for (const [member, expected] of torch.curves.entries()) {
    const { curve } = await trainMember(course, { ...torch.options, valueLoss: 'mse' }, member, {
      makeOperations: (lengths) => new KernelOperations(lengths),
      onLook: () => true,
    });
    t.deepEqual(
      curve.map(({ step }) => step),
      expected.map(([step]) => step),
    );
    for (const [i, { trainingLoss, validationLoss }] of curve.entries()) {
      const [, training, heldOut] = expected[i]!;
      t.true(Math.abs((trainingLoss ?? 0) - (training ?? 0)) < 1e-5, `member ${member}, look ${i}`);
      t.true(Math.abs(validationLoss! - heldOut) < 1e-5, `member ${member}, look ${i}`);
    }
    t.true(curve.at(-1)!.trainingLoss! < curve[1]!.trainingLoss!);
  }
});

test("loss curves of weighed values are PyTorch's, by each loss", async (t) => {
  const first = Int32Array.from(torch.values, ({ row }) => row);
  const lessons: Lessons = {
    ...{ kind: 'values', first, second: first },
    targets: Float64Array.from(torch.values, ({ target }) => target),
    weights: Float64Array.from(torch.values, ({ weight }) => weight),
  };
  const course = {
    ...{ dimension: torch.rows[0]!.length, rows: Float32Array.from(torch.rows.flat()) },
    ...{ training: lessons, validation: lessons },
  };
  for (const [name, expected] of Object.entries(torch.valueCurves)) {
    const valueLoss: ValueLoss = name === 'mse' || name === 'huber' ? name : { quantile: Number(name) };
    const options = { ...torch.options, dropout: 0, evaluateEvery: 6, valueLoss };
    const { curve } = await trainMember(course, options, 0, {
      makeOperations: (lengths) => new KernelOperations(lengths),
      onLook: () => true,
    });
    t.is(curve.length, expected.length);
    for (const [i, { validationLoss }] of curve.entries())
      t.true(Math.abs(validationLoss! - expected[i]!) < 1e-5 * expected[i]!, `${name}, look ${i}`);
    t.true(curve.at(-1)!.validationLoss! < 0.9 * curve[0]!.validationLoss!);
  }
});

test("the gradient of a pair is PyTorch's", (t) => {
  const keeper = new GradientKeeper();
  const network = new Network({ dimension: 8, hidden: 8, capacity: 2 }, () => keeper);
  network.initialise(randomBits('gradients'));
  network.rows.set(torch.gradient.rows.flat());
  network.forward(2);
  const share = 1 / (1 + Math.exp(network.scores[1]! - network.scores[0]!));
  network.scoreDeltas.set([share - 0.95, 0.95 - share]);
  network.step(2, { learningRate: 1e-3, weightDecay: 0 });
  const [last, bias, first] = keeper.gradients;
  for (const [name, found] of Object.entries({ first, bias, last }))
    t.true(relativeError(found!, torch.gradient[name as 'first']) < 1e-5, name);
});
