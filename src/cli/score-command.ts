import type { ScoreConfig } from '../pipeline/config.ts';
import type { RescoreConfig } from '../rescore/config.ts';
import type { RescoreOutcome } from '../rescore/rescore.ts';
import type { RunOutcome } from '../runs/finish.ts';
import { type Command, commandLine, type Invocation, pathsOf } from './command.ts';
import { usageError } from './flags.ts';
import { asksForEmbeddings, rescoreConfig } from './rescore-config.ts';
import { describeJson, describeResult } from './result-view.ts';
import { scoreConfig } from './score-config.ts';
import { MODEL_URLS, SCORE_FLAGS } from './score-flags.ts';
import { withInputs } from './score-inputs.ts';
import { showProgress } from './score-progress.ts';
import { scoreSlice, sliceAsked } from './score-slice.ts';

/** `bowerbird score` */
export const SCORE: Command = {
  flags: SCORE_FLAGS,
  examples: [
    ["score 'laion/*.parquet' --output-folder out --min-aesthetic 7", 'Keep what scores above 7'],
    [
      'score laion-emb --input-format embeddings --aesthetic-head head.pth --output-folder out',
      'Score stored embeddings',
    ],
    ['score photos --output-folder out', 'Score the images of a folder'],
    ['score urls.txt --output-folder out --json > result.json', 'Numbers for a script'],
  ],
  docs: 'README.md',
  storedRuns: ['output-folder'],
  remoteInputs: ['inputs', 'url-list', ...MODEL_URLS],
  extend: (parser) => withInputs(parser, { name: 'score', flags: SCORE_FLAGS }),
  run: scoreCommand,
};

/** Runs `score` with its progress on stderr and its result on stdout; gives the exit code. */
async function scoreCommand(invocation: Invocation): Promise<number> {
  const { values, args } = invocation;
  const inputs = pathsOf(invocation, 'url-list', 'inputs');
  if (!values['output-folder']) throw usageError('score needs --output-folder: the run folder to write.');
  const slice = await sliceAsked(values, process.env);
  if (slice) return scoreSlice(invocation, inputs, slice);
  if (inputs.length === 0)
    throw usageError('score needs at least one input: a file, folder, glob or brace pattern.');
  const { outcome, badFiles } = asksForEmbeddings(values)
    ? await runEmbeddings(await rescoreConfig(values, inputs, commandLine(args)))
    : { outcome: await runWithProgress(scoreConfig(values, inputs, commandLine(args))), badFiles: undefined };
  if (outcome.state === 'interrupted') {
    process.stderr.write(
      `Interrupted. What is finished lies in ${outcome.folder.path}; run the same command again to go on.\n`,
    );
    return 130;
  }
  const describe = values['json'] === true ? describeJson : describeResult;
  process.stdout.write(`${describe(outcome, badFiles ?? outcome.record.bad_files)}\n`);
  return 0;
}

/** A run over stored embeddings, which needs neither downloads nor an encoder. */
async function runEmbeddings(config: RescoreConfig): Promise<RescoreOutcome> {
  const { runRescore } = await import('../rescore/rescore.ts');
  return showProgress((progress, closing) => runRescore(config, progress, closing));
}

/** The run itself, shown on stderr. Ctrl-C closes the shards in flight that end in time; a second one leaves at once. */
export async function runWithProgress(config: ScoreConfig): Promise<RunOutcome> {
  return showProgress(async (progress, closing) => {
    const { runScore } = await import('../pipeline/score.ts');
    return runScore(config, progress, closing);
  });
}
