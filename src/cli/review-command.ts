import type { ReviewOptions } from '../review/options.ts';
import type { RunningReview } from '../review/review.ts';
import { serveAnswerPage } from './answer-page.ts';
import type { Command, Invocation } from './command.ts';
import { REVIEW_FLAGS, reviewOptions } from './review-flags.ts';

/** `bowerbird review` */
export const REVIEW: Command = {
  examples: [
    ['review scored --output-folder kept --min-aesthetic 6', 'All above 6, the best first'],
    ['review scored --output-folder kept --distance phash:8', 'Nothing that looks like what is kept'],
  ],
  docs: 'docs/review.md',
  flags: REVIEW_FLAGS,
  extend: (parser) =>
    parser.positional('run', {
      type: 'string',
      demandOption: true,
      describe: 'Folder of a run or of a subset',
    }),
  run: reviewCommand,
};

/**
 * Runs `review` until a signal. Gives the exit code: 0 after SIGTERM, 130 after Ctrl-C.
 *
 * @throws BowerbirdError as `startReview`, BB_USAGE
 */
async function reviewCommand({ values, parsed }: Invocation): Promise<number> {
  const options = reviewOptions(values, parsed['run'] as string, process.env);
  const { startReview } = await import('../review/review.ts');
  return serveAnswerPage({
    reading: { answers: options.feedback ?? 'the answers', samples: options.source },
    start: (hooks) => startReview({ ...options, ...hooks }),
    announce: (review) => announce(review, options, values['json'] === true),
    farewell: ({ feedback }) =>
      `What the page said is kept is in ${options.outputFolder}, the answers in ${feedback}.`,
  });
}

function announce(
  { url, port, pictureCount, answerCount, keptCount, likeness }: RunningReview,
  { outputFolder }: ReviewOptions,
  json: boolean,
): void {
  const near =
    likeness === undefined
      ? 'Nothing is left out as a near-duplicate'
      : `Left out by what is kept: ${likeness}`;
  process.stderr.write(
    `${pictureCount} pictures pass, ${keptCount} of them are kept; ${answerCount} answers so far. ${near}.\n` +
      `Kept pictures go to ${outputFolder}: open ${url}\nCtrl-C ends it.\n`,
  );
  if (json) process.stdout.write(`${JSON.stringify({ url, port, pid: process.pid })}\n`);
}
