import { BowerbirdError } from '../base/errors.ts';
import type { AskedSummary } from '../feedback/audits.ts';
import type { QueueItem } from '../feedback/queue-items.ts';
import type { Command, Invocation } from './command.ts';
import { wantedAnswers } from './feedback-choice.ts';
import { FEEDBACK_INFO_FLAGS, FEEDBACK_POSITIONAL } from './feedback-flags.ts';
import type { FlagValues } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { rowsProgress } from './rows-progress.ts';

/** `bowerbird feedback info` */
export const FEEDBACK_INFO: Command = {
  examples: [['feedback info taste.jsonl', 'Counts, agreement, contradictions, raters to look at']],
  docs: 'docs/feedback.md',
  flags: FEEDBACK_INFO_FLAGS,
  extend: (parser) => parser.positional('feedback', FEEDBACK_POSITIONAL),
  run: feedbackInfoCommand,
};

/** @throws BowerbirdError BB_USAGE, BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE, BB_INPUT_EMPTY where the flags choose none of the answers */
function feedbackInfoCommand({ values, parsed }: Invocation): Promise<number> {
  const paths = parsed['feedback'] as string[];
  const wanted = wantedAnswers(values);
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      const [{ FeedbackReader }, { FeedbackSummary }, { describeFeedback, feedbackJson }] = await Promise.all(
        [import('../feedback/answers.ts'), import('../feedback/summary.ts'), import('./feedback-view.ts')],
      );
      const reader = new FeedbackReader(paths, { ...wanted, signal, onProgress: rowsProgress('reading') });
      const summary = new FeedbackSummary();
      const queues = values['queue'] as string[] | undefined;
      const asked = queues && (await askedBy(queues));
      try {
        for await (const answers of reader.answers()) {
          for (const answer of answers) {
            summary.add(answer);
            asked?.add(answer);
          }
        }
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write('Interrupted.\n');
        return 130;
      }
      refuseNoMatch(paths, reader.counts.answers, values, summary.result());
      const info = { paths, counts: reader.counts, modes: summary.result(), asked: asked?.result() };
      process.stdout.write(values['json'] === true ? feedbackJson(info) : describeFeedback(info));
      return 0;
    },
  );
}

/** Figures of nothing would read as those of the file. */
function refuseNoMatch(
  paths: readonly string[],
  count: number,
  values: FlagValues,
  { length }: readonly unknown[],
): void {
  const given = ['question', 'mode', 'rater'].filter((flag) => values[flag] !== undefined);
  if (given.length === 0 || count === 0 || length > 0) return;
  const flags = given.map((flag) => `--${flag} ${(values[flag] as string[]).join(',')}`).join(' ');
  throw new BowerbirdError(
    'BB_INPUT_EMPTY',
    `None of ${count} answers in ${paths.join(', ')} is chosen by ${flags}. Without that, the same command says who answered what.`,
  );
}

/** @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE */
async function askedBy(queues: readonly string[]): Promise<AskedSummary> {
  const [{ AskedSummary }, { itemsAsked }] = await Promise.all([
    import('../feedback/audits.ts'),
    import('../queue/ledger.ts'),
  ]);
  const items = new Map<string, QueueItem>();
  for (const queue of queues) for (const [id, item] of await itemsAsked(queue)) items.set(id, item);
  return new AskedSummary(items.values());
}
