import type { QueueWorkReport } from '../fleet/queue/queue-work.ts';
import { type Command, commandLine, type Invocation } from './command.ts';
import type { FlagTable } from './flags.ts';
import { refuseUnplannable, requirePlan, withPlanned } from './planned-flags.ts';
import { METRICS_FLAGS, metricsPlace, QUEUE_ADDRESS, queueUrl } from './queue-address.ts';
import { scoreConfig } from './score-config.ts';
import { MODEL_URLS, SCORE_FLAGS } from './score-flags.ts';
import { showProgress } from './score-progress.ts';
import { SLICE_FLAGS } from './slice-flags.ts';

/** What a plan has already, or that means one part of it. */
const NOT_HERE = ['url-list', 'output-folder', ...Object.keys(SLICE_FLAGS)];

const FLAGS: FlagTable = {
  ...QUEUE_ADDRESS,
  'shards-at-once': {
    group: 'Queue:',
    type: 'integer',
    min: 1,
    max: 64,
    default: 4,
    describe: 'Shards that are taken at one time; more keep all stages busy, and are lost with a machine',
  },
  'shared-per-host': {
    group: 'Queue:',
    type: 'boolean',
    default: false,
    describe:
      'Take `--per-host`, and `at_once` of `--hosts`, as limits of all workers of this Redis together that say the same',
  },
  grace: {
    group: 'Queue:',
    type: 'number',
    min: 0,
    max: 86_400,
    describe:
      'Seconds for the shards in hand once the worker is told to stop (SIGTERM); `--timeout` where not given',
  },
  chaos: {
    group: 'Queue:',
    type: 'number',
    min: 0.1,
    max: 86_400,
    describe:
      'For tests of a setup: the worker kills itself (SIGKILL) at a moment by chance, after so many seconds on average',
  },
  ...METRICS_FLAGS,
  ...Object.fromEntries(Object.entries(SCORE_FLAGS).filter(([name]) => !NOT_HERE.includes(name))),
};

/** `bowerbird work` */
export const WORK: Command = {
  flags: FLAGS,
  examples: [
    ['work out --queue redis://head:6379', 'On each machine; `bowerbird coordinate` fills the queue'],
  ],
  docs: 'docs/fleet.md',
  storedRuns: ['run'],
  addresses: ['queue'],
  remoteInputs: MODEL_URLS,
  extend: (parser) =>
    parser.positional('run', { type: 'string', demandOption: true, describe: 'Run folder with a plan.json' }),
  run: workCommand,
};

async function workCommand(invocation: Invocation): Promise<number> {
  const { values, parsed, args } = invocation;
  const run = parsed['run'] as string;
  const ofRun = { ...values, 'output-folder': run };
  refuseUnplannable(ofRun);
  const address = queueUrl(values['queue']);
  const planned = await requirePlan(run);
  const merged = withPlanned({ values: ofRun, args }, planned.flags);
  const config = scoreConfig(merged, planned.inputs, commandLine(args));
  const grace = values['grace'] as number | undefined;
  dieByChance(values['chaos'] as number | undefined);
  const report = await showProgress(async (progress, closing) => {
    const { workOnQueue } = await import('../fleet/queue/work.ts');
    return workOnQueue({
      ...{ config, planned, progress, closing },
      queueUrl: address,
      shardsAtOnce: values['shards-at-once'] as number,
      sharesHosts: values['shared-per-host'] === true,
      metrics: metricsPlace(values),
      graceMs: grace === undefined ? undefined : 1000 * grace,
    });
  });
  process.stdout.write(`${values['json'] === true ? JSON.stringify(report) : describe(report)}\n`);
  return report.state === 'interrupted' ? 130 : 0;
}

/** As machines do: at any moment alike, whatever the worker has in hand. */
function dieByChance(meanSeconds: number | undefined): void {
  if (meanSeconds === undefined) return;
  const afterMs = -Math.log(1 - Math.random()) * meanSeconds * 1000;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), afterMs).unref();
}

function describe({ state, committed, lost, failed, givenBack }: QueueWorkReport): string {
  return [
    `work ${state}: committed ${committed} shards`,
    ...(lost > 0 ? [`dropped ${lost} that others had committed meanwhile`] : []),
    ...(givenBack > 0 ? [`gave ${givenBack} back`] : []),
    ...(failed.length > 0 ? [`named as failed, begun three times without an end: ${failed.join(', ')}`] : []),
  ].join('\n');
}
