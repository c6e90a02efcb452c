import type { RunningRate } from '../rate/rate.ts';
import type { Command, Invocation } from './command.ts';
import { faultText } from './fault-text.ts';
import { aborted, withInterrupt } from './interrupt.ts';
import { RATE_FLAGS, rateOptions } from './rate-flags.ts';
import { rowsProgress } from './rows-progress.ts';

/** `bowerbird rate` */
export const RATE: Command = {
  usage: 'rate <source>',
  describe: 'Answer which pictures are better, on a page of this machine',
  examples: [
    ['rate scored --feedback taste.jsonl', 'Pairs of a run, drawn at random'],
    ['rate photos --feedback taste.jsonl --mode rating', 'Ratings from 0 to 10 of the images of a folder'],
  ],
  docs: 'docs/rate.md',
  flags: RATE_FLAGS,
  extend: (parser) =>
    parser.positional('source', {
      type: 'string',
      demandOption: true,
      describe: 'Folder of a run, of a subset or of images; tar archives',
    }),
  run: rateCommand,
};

/**
 * Runs `rate` until a signal. Gives the exit code: 0 after SIGTERM, 130 after Ctrl-C.
 *
 * @throws BowerbirdError as `startRate`, BB_USAGE
 */
async function rateCommand({ values, parsed }: Invocation): Promise<number> {
  const options = rateOptions(values, parsed['source'] as string, process.env);
  const { startRate } = await import('../rate/rate.ts');
  let first: NodeJS.Signals | undefined;
  await withInterrupt(
    (signal) => {
      first = signal;
    },
    async (closing) => {
      const progress = {
        answers: rowsProgress(`Reading ${options.feedback}`, undefined, 'lines'),
        samples: rowsProgress(`Reading ${options.source}`),
      };
      let rate: RunningRate;
      try {
        rate = await startRate({
          ...options,
          signal: closing,
          onProgress: (what, count) => progress[what](count),
          onNote: note,
          onFault: (thrown) => note(faultText(thrown)),
        });
      } catch (thrown) {
        if (closing.aborted && thrown === closing.reason) return;
        throw thrown;
      }
      try {
        announce(rate, options.feedback, values['json'] === true);
        await aborted(closing);
      } finally {
        await rate.stop();
        note(`What the page said is saved is in ${options.feedback}.`);
      }
    },
  );
  return first === 'SIGTERM' ? 0 : 130;
}

function announce(
  { url, port, pictureCount, answerCount }: RunningRate,
  feedback: string,
  json: boolean,
): void {
  process.stderr.write(
    `${pictureCount} pictures; ${answerCount} answers are in ${feedback}: open ${url}\nCtrl-C ends it.\n`,
  );
  if (json) process.stdout.write(`${JSON.stringify({ url, port, pid: process.pid })}\n`);
}

function note(line: string): void {
  process.stderr.write(`bowerbird: ${line}\n`);
}
