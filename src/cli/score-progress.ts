import { ScoreProgress } from '../runs/progress.ts';
import { withInterrupt } from './interrupt.ts';
import { ProgressView } from './progress-view.ts';

/** Shows work on shards on stderr. Ctrl-C closes the shards in flight that end in time; a second one leaves at once. */
export async function showProgress<Outcome>(
  run: (progress: ScoreProgress, closing: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const progress: ScoreProgress = new ScoreProgress((text) => view.note(text));
  const view = new ProgressView(progress);
  try {
    return await withInterrupt(
      () => {
        if (progress.phase === 'scoring') {
          view.note('Closing the shards in flight (once more Ctrl-C: leave at once) ...');
        }
      },
      (closing) => run(progress, closing),
    );
  } finally {
    view.stop();
  }
}
