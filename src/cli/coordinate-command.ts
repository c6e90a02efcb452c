import type { CoordinateReport } from '../fleet/queue/coordinate.ts';
import type { FleetState } from '../fleet/queue/fleet-state.ts';
import type { Command, Invocation } from './command.ts';
import type { FlagTable } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { requirePlan } from './planned-flags.ts';
import { METRICS_FLAGS, metricsPlace, QUEUE_ADDRESS, queueUrl } from './queue-address.ts';
import { describeRest } from './run-rest.ts';

const FLAGS: FlagTable = {
  ...QUEUE_ADDRESS,
  'retry-failed': {
    group: 'Queue:',
    type: 'boolean',
    default: false,
    describe: 'Have shards that were named as failed tried again',
  },
  ...METRICS_FLAGS,
  json: { group: 'Queue:', type: 'boolean', default: false, describe: 'Print the result as one JSON object' },
};

/** `bowerbird coordinate` */
export const COORDINATE: Command = {
  flags: FLAGS,
  examples: [
    [
      'coordinate out --queue redis://head:6379',
      'Then `bowerbird work` on each machine, and `bowerbird merge`',
    ],
  ],
  docs: 'docs/fleet.md',
  storedRuns: ['run'],
  addresses: ['queue'],
  extend: (parser) =>
    parser.positional('run', { type: 'string', demandOption: true, describe: 'Run folder with a plan.json' }),
  run: coordinateCommand,
};

async function coordinateCommand({ values, parsed }: Invocation): Promise<number> {
  const run = parsed['run'] as string;
  const address = queueUrl(values['queue']);
  const planned = await requirePlan(run);
  const { coordinate } = await import('../fleet/queue/coordinate.ts');
  let told = '';
  const state = await withInterrupt(
    () => undefined,
    (signal) =>
      coordinate({
        ...{ outputFolder: run, planned, queueUrl: address, signal },
        retryFailed: values['retry-failed'] === true,
        metrics: metricsPlace(values),
        onMetrics: (url) => process.stderr.write(`Metrics: ${url}\n`),
        onState: (now) => {
          const line = lineOf(now);
          if (line !== told) process.stderr.write(`${line}\n`);
          told = line;
        },
      }),
  );
  const { isQueueUp: _, trouble: __, ...counted } = state;
  const open = state.shards - state.committed - state.failed.length;
  process.stdout.write(
    `${values['json'] === true ? JSON.stringify({ ...counted, open }) : describe(state, open, run)}\n`,
  );
  if (open > 0) return 130;
  return state.failed.length + state.damaged.length > 0 ? 1 : 0;
}

function lineOf({ shards, committed, failed, trouble, waiting, active }: FleetState): string {
  const failures = failed.length > 0 ? `, failed ${failed.length}` : '';
  const queue = trouble ?? `${waiting} wait, ${active} with workers`;
  return `${committed}/${shards} shards committed${failures}; queue: ${queue}`;
}

function describe(report: CoordinateReport, open: number, run: string): string {
  const { shards, committed, failed } = report;
  if (open > 0)
    return `Interrupted: ${open} of ${shards} shards are open. Workers go on; the same command watches again.`;
  if (failed.length === 0) return describeRest({ ...report, open }, run);
  return (
    `${committed} of ${shards} shards are committed. Begun three times without an end, since workers died on them or could not read them: ${failed.join(', ')}. ` +
    'Look what they have in common, and run the same command with --retry-failed to have them tried again.'
  );
}
