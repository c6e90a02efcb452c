import { checkValues } from '../../src/cli/flags.ts';
import { scoreConfig } from '../../src/cli/score-config.ts';
import { SCORE_FLAGS } from '../../src/cli/score-flags.ts';
import { runScore } from '../../src/pipeline/score.ts';
import type { RunOutcome } from '../../src/runs/finish.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';

/** Runs `score` in this process, where its file system can be another; flags as the command has them. */
export function scoreHere(
  input: string,
  outputFolder: string,
  flags: Readonly<Record<string, unknown>>,
): Promise<RunOutcome> {
  const defaults = Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]);
  const values = checkValues(SCORE_FLAGS, {
    ...Object.fromEntries(defaults),
    ...{ 'output-folder': outputFolder, 'allow-private-addresses': true, 'processes-count': '1' },
    ...flags,
  });
  const config = scoreConfig(values, [input], 'bowerbird score');
  return runScore(config, new ScoreProgress(), new AbortController().signal);
}
