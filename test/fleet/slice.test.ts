import test from 'ava';
import { shardsOf, sliceFrom } from '../../src/fleet/slice.ts';

const ARRAYS = [
  [{ SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_COUNT: '8', SLURM_ARRAY_TASK_MIN: '0' }, 3, 8],
  [{ SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_COUNT: '8', SLURM_ARRAY_TASK_MIN: '1' }, 2, 8],
  [
    {
      SLURM_ARRAY_TASK_ID: '14',
      SLURM_ARRAY_TASK_COUNT: '3',
      SLURM_ARRAY_TASK_MIN: '10',
      SLURM_ARRAY_TASK_STEP: '2',
    },
    2,
    3,
  ],
  [{ AWS_BATCH_JOB_ARRAY_INDEX: '0', AWS_BATCH_JOB_ARRAY_SIZE: '2' }, 0, 2],
] as const;

for (const [environment, index, count] of ARRAYS)
  test(`${JSON.stringify(environment)} is slice ${index} of ${count}`, (t) => {
    const slice = sliceFrom({}, environment);
    t.is(slice?.index, index);
    t.is(slice?.count, count);
  });

test('Kubernetes says which, and a flag how many', (t) => {
  t.like(sliceFrom({ taskCount: 5 }, { JOB_COMPLETION_INDEX: '4' }), { index: 4, count: 5 });
});

test('tasks of an array that are submitted again are the slices of their numbers where the count is given', (t) => {
  const environment = { SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_MIN: '2', SLURM_ARRAY_TASK_COUNT: '2' };
  t.like(sliceFrom({ taskCount: 8 }, environment), { index: 5, count: 8 });
});

test('flags come before variables', (t) => {
  const environment = { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_COUNT: '8' };
  t.like(sliceFrom({ taskIndex: 1, taskCount: 2 }, environment), { index: 1, count: 2 });
});

test('where nothing names a slice there is none', (t) => {
  t.is(sliceFrom({}, { SLURM_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '' }), undefined);
});

const REFUSED: readonly (readonly [string, Parameters<typeof sliceFrom>[0], NodeJS.ProcessEnv, RegExp])[] = [
  ['an index without a count', { taskIndex: 1 }, {}, /how many tasks/],
  ['a count without an index', { taskCount: 2 }, {}, /--task-index, from 0/],
  ['an index that is not below the count', { taskIndex: 2, taskCount: 2 }, {}, /from 0 to 1/],
  ['Kubernetes without a count', {}, { JOB_COMPLETION_INDEX: '0' }, /--task-count/],
  [
    'a job array with gaps',
    {},
    { SLURM_ARRAY_TASK_ID: '9', SLURM_ARRAY_TASK_COUNT: '3' },
    /leaves numbers out/,
  ],
  [
    'steps that do not fit',
    {},
    { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_STEP: '2', SLURM_ARRAY_TASK_COUNT: '3' },
    /whole numbers/,
  ],
  [
    'what is no number',
    {},
    { SLURM_ARRAY_TASK_ID: '-1', SLURM_ARRAY_TASK_COUNT: '3' },
    /not the number of a task/,
  ],
];

for (const [what, flags, environment, message] of REFUSED)
  test(`${what} is refused`, (t) => {
    t.throws(() => sliceFrom(flags, environment), { code: 'BB_USAGE', message });
  });

test('slices have each shard once, whatever their number', (t) => {
  const shards = Array.from({ length: 23 }, (_, id) => ({ id, inputIndex: 0, firstRow: id, rowCount: 1 }));
  for (const count of [1, 2, 7, 23, 40]) {
    const ids = Array.from({ length: count }, (_, index) =>
      shardsOf(shards, { index, count, from: '' }),
    ).flat();
    t.deepEqual(
      ids.map(({ id }) => id).sort((a, b) => a - b),
      shards.map(({ id }) => id),
    );
  }
});
