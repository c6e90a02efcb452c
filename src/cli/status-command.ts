import { setTimeout as sleep } from 'node:timers/promises';
import type { RunStatus, StatusReader } from '../fleet/status/run-status.ts';
import type { Command, Invocation } from './command.ts';
import type { FlagTable } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { QUEUE_ADDRESS, queueUrl } from './queue-address.ts';
import { describeStatus } from './status-view.ts';

const WATCH_MS = 2000;
/** Looking at a large run on a shared file system takes a while: no more than this share of the time is spent on it. */
const LOOKING_SHARE = 0.1;

export const STATUS_FLAGS: FlagTable = {
  queue: {
    ...QUEUE_ADDRESS['queue']!,
    required: false,
    describe: 'The queue that the workers take shards from: what they tell there is shown too',
  },
  watch: {
    group: 'Queue:',
    type: 'boolean',
    default: false,
    describe: 'Look again every two seconds until no shard is open, or Ctrl-C',
  },
  json: {
    group: 'Queue:',
    type: 'boolean',
    default: false,
    describe: 'Print one JSON object; with --watch one on a line for each look',
  },
};

/** `bowerbird status` */
export const STATUS: Command = {
  flags: STATUS_FLAGS,
  examples: [
    ['status out --watch', 'Any run: of one process, of slices, of a queue'],
    ['status out --queue redis://head:6379 --json', 'For a script'],
  ],
  docs: 'docs/fleet.md',
  storedRuns: ['run'],
  addresses: ['queue'],
  extend: (parser) =>
    parser.positional('run', { type: 'string', demandOption: true, describe: 'Run folder' }),
  run: statusCommand,
};

async function statusCommand({ values, parsed }: Invocation): Promise<number> {
  const address = values['queue'] === undefined ? undefined : queueUrl(values['queue']);
  const { StatusReader } = await import('../fleet/status/run-status.ts');
  const reader = await StatusReader.open(parsed['run'] as string, address);
  const show = new Screen(values['json'] === true);
  try {
    if (values['watch'] !== true) show.next(await reader.look());
    else
      await withInterrupt(
        () => undefined,
        (signal) => watch(reader, show, signal),
      );
  } finally {
    await reader.close();
  }
  return 0;
}

async function watch(reader: StatusReader, show: Screen, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startMs = performance.now();
    const status = await reader.look();
    show.next(status);
    if (status.state === 'done') return;
    const restMs = Math.max(WATCH_MS, (performance.now() - startMs) / LOOKING_SHARE);
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Shows a state in the place of the one before on a terminal, below it elsewhere. */
class Screen {
  readonly #isJson: boolean;
  #lines = 0;

  constructor(isJson: boolean) {
    this.#isJson = isJson;
  }

  next(status: RunStatus): void {
    if (this.#isJson) {
      process.stdout.write(`${JSON.stringify(status)}\n`);
      return;
    }
    const text = describeStatus(status);
    const { isTTY, columns, rows } = process.stdout;
    if (!isTTY) {
      process.stdout.write(`${this.#lines++ > 0 ? '\n' : ''}${text}\n`);
      return;
    }
    // A line that is wrapped would be two when they are counted, and one above the screen is out of reach.
    const lines = text.split('\n', rows - 1).map((line) => line.slice(0, columns));
    const back = this.#lines > 0 ? `\u001b[${this.#lines}A\r\u001b[J` : '';
    process.stdout.write(`${back}${lines.join('\n')}\n`);
    this.#lines = lines.length;
  }
}
