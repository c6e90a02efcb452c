import type { RateOptions } from '../rate/options.ts';
import type { RunningRate } from '../rate/rate.ts';
import { activeOptions } from './active-flags.ts';
import type { ActiveOptions } from './active-queue.ts';
import { type PageHooks, serveAnswerPage } from './answer-page.ts';
import type { Command, Invocation } from './command.ts';
import { RATE_FLAGS, rateOptions } from './rate-flags.ts';

/** `bowerbird rate` */
export const RATE: Command = {
  examples: [
    ['rate scored --feedback taste.jsonl', 'Pairs of a run, drawn at random'],
    [
      'rate scored --feedback taste.jsonl --active 50',
      'What a head does not know yet, which learns meanwhile',
    ],
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
  const { source, feedback } = options;
  const active = activeOptions(values, options);
  return serveAnswerPage({
    reading: { answers: feedback, samples: source },
    start: (hooks) => start(options, active, hooks),
    announce: (rate) => announce(rate, feedback, values['json'] === true),
    farewell: () => `What the page said is saved is in ${feedback}.`,
  });
}

/** With what makes the queue anew meanwhile, where that is wanted: it begins before the page and ends before it. */
async function start(
  options: RateOptions,
  active: ActiveOptions | undefined,
  hooks: PageHooks,
): Promise<RunningRate> {
  const { startRate } = await import('../rate/rate.ts');
  if (!active) return startRate({ ...options, ...hooks });
  const { ActiveQueue } = await import('./active-queue.ts');
  const asking = new ActiveQueue(active, hooks.onNote);
  await asking.begin(hooks.signal);
  // Its queues ask things again by themselves.
  const rate = await startRate({
    ...{ ...options, ...hooks, repeatShare: 0 },
    onSaved: (count) => asking.answered(count),
    trouble: () => asking.trouble,
  });
  return {
    ...rate,
    stop: async () => {
      await asking.stop();
      await rate.stop();
    },
  };
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
