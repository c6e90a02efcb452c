import type { ScoreConfig } from '../pipeline/config.ts';
import { ScoreProgress } from '../pipeline/progress.ts';
import { runScore, type ScoreOutcome } from '../pipeline/score.ts';
import { withInterrupt } from './interrupt.ts';
import { ProgressView } from './progress-view.ts';
import { describeJson, describeResult } from './result-view.ts';

/** Runs `score` with its progress on stderr and its result on stdout; gives the exit code. */
export async function scoreCommand(config: ScoreConfig, json: boolean): Promise<number> {
  const outcome = await runWithProgress(config);
  if (outcome.state === 'interrupted') {
    process.stderr.write(
      `Interrupted. What is finished lies in ${config.outputFolder}; run the same command again to go on.\n`,
    );
    return 130;
  }
  process.stdout.write(`${json ? describeJson(outcome) : describeResult(outcome)}\n`);
  return 0;
}

/** The run itself, shown on stderr. Ctrl-C closes the shards in flight; a second one leaves at once. */
export async function runWithProgress(config: ScoreConfig): Promise<ScoreOutcome> {
  const progress: ScoreProgress = new ScoreProgress((text) => view.note(text));
  const view = new ProgressView(progress);
  try {
    return await withInterrupt(
      () => {
        if (progress.phase === 'scoring') {
          view.note('Closing the shards in flight (once more Ctrl-C: leave at once) ...');
        }
      },
      (closing) => runScore(config, progress, closing),
    );
  } finally {
    view.stop();
  }
}
