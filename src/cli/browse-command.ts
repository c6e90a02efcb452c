import type { RunningBrowse } from '../browse/browse.ts';
import type { ReadProgress } from '../browse/options.ts';
import { BROWSE_FLAGS, browseOptions } from './browse-flags.ts';
import type { Command, Invocation } from './command.ts';
import { faultText } from './fault-text.ts';
import { aborted, withInterrupt } from './interrupt.ts';
import { rowsProgress } from './rows-progress.ts';

/** `bowerbird browse` */
export const BROWSE: Command = {
  examples: [
    ['browse out', 'The rows of a run, best first'],
    ['browse best --refetch', 'A subset, whose pictures the page may fetch from their hosts'],
  ],
  docs: 'docs/browse.md',
  flags: BROWSE_FLAGS,
  remoteInputs: ['path'],
  extend: (parser) =>
    parser.positional('path', {
      type: 'string',
      demandOption: true,
      describe: 'Folder of a run or a subset, or its URL',
    }),
  run: browseCommand,
};

/**
 * Runs `browse` until a signal. Gives the exit code: 0 after SIGTERM, 130 after Ctrl-C.
 *
 * @throws BowerbirdError as `startBrowse`, BB_SHARD_READ, BB_USAGE
 */
async function browseCommand({ values, parsed }: Invocation): Promise<number> {
  const path = parsed['path'] as string;
  const options = browseOptions(values, path, process.env);
  const { startBrowse } = await import('../browse/browse.ts');
  let first: NodeJS.Signals | undefined;
  await withInterrupt(
    (signal) => {
      first = signal;
    },
    async (closing) => {
      const progress: Partial<Record<ReadProgress['what'], (rows: number) => void>> = {};
      const { atHand } = await import('../browse/stored-collection.ts');
      const browse = await startBrowse({
        ...{ ...options, ...(await atHand(path, note)) },
        onProgress: ({ what, rows, totalRows }) => {
          progress[what] ??= rowsProgress(`Reading ${what === 'scores' ? 'scores' : 'captions'}`, totalRows);
          progress[what](rows);
        },
        onNote: note,
        onFault: (thrown) => note(faultText(thrown)),
      });
      try {
        announce(browse, path, values['json'] === true);
        await Promise.race([aborted(closing), failureOf(browse)]);
      } finally {
        await browse.stop();
      }
    },
  );
  return first === 'SIGTERM' ? 0 : 130;
}

function announce({ url, port, rowCount }: RunningBrowse, path: string, json: boolean): void {
  process.stderr.write(`${rowCount} rows of ${path}: open ${url}\nCtrl-C ends it.\n`);
  if (json) process.stdout.write(`${JSON.stringify({ url, port, pid: process.pid })}\n`);
}

/** Never ends by itself, unless rows cannot be read. */
async function failureOf({ read }: RunningBrowse): Promise<never> {
  await read;
  return new Promise(() => undefined);
}

function note(line: string): void {
  process.stderr.write(`bowerbird: ${line}\n`);
}
