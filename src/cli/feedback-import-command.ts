import { rm } from 'node:fs/promises';
import { BowerbirdError } from '../base/errors.ts';
import { refuseInputs } from '../base/output-file.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { Mode } from '../feedback/answer.ts';
import { isQuestion, isRater } from '../feedback/check.ts';
import { ROLES } from '../feedback/import/columns.ts';
import type { ImportCounts } from '../feedback/import/import.ts';
import { columnsByRole } from './column-roles.ts';
import type { Command, Invocation } from './command.ts';
import { FEEDBACK_IMPORT_FLAGS } from './feedback-flags.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { rowsProgress } from './rows-progress.ts';
import { textReading } from './text-flags.ts';

/** `bowerbird feedback import` */
export const FEEDBACK_IMPORT: Command = {
  examples: [
    ['feedback import ratings.csv --to taste.jsonl --question aesthetic', 'Ratings of a table'],
    [
      'feedback import project-3.json --to taste.jsonl --question aesthetic --scale 1,5',
      "Label Studio's JSON export",
    ],
  ],
  docs: 'docs/feedback.md',
  flags: FEEDBACK_IMPORT_FLAGS,
  extend: (parser) =>
    parser.positional('files', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: "CSV, TSV, Parquet, JSON or JSON Lines; Label Studio's JSON export; feedback files",
    }),
  run: feedbackImportCommand,
};

/** @throws BowerbirdError BB_USAGE, BB_INPUT_EMPTY where there is no row, BB_INPUT_VALUE where none is an answer, and those of `importAnswers` */
async function feedbackImportCommand({ values, parsed }: Invocation): Promise<number> {
  const paths = parsed['files'] as string[];
  const to = values['to'] as string | undefined;
  if (to === undefined)
    throw usageError('feedback import needs --to: the feedback file that answers are added to.');
  const choice = choiceOf(values);
  refuseInputs(to, paths);
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      const temporaryFolder = await makeTemporaryFolder('feedback');
      const [{ FeedbackWriter }, { importAnswers }] = await Promise.all([
        import('../feedback/writer.ts'),
        import('../feedback/import/import.ts'),
      ]);
      const onNote = (note: string): unknown => process.stderr.write(`${note}\n`);
      try {
        const writer = await FeedbackWriter.open(to, {
          signal,
          onNote,
          onProgress: rowsProgress(`reading ${to}`),
        });
        try {
          const options = {
            ...choice,
            temporaryFolder,
            signal,
            onNote,
            onProgress: rowsProgress('importing'),
          };
          return tell(to, await importAnswers(paths, writer, options), values['json'] === true);
        } finally {
          await writer.close();
        }
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write(`Interrupted. What was saved is in ${to}; the same command brings the rest.\n`);
        return 130;
      } finally {
        await rm(temporaryFolder, { recursive: true, force: true });
      }
    },
  );
}

function choiceOf(values: FlagValues) {
  const { question, rater, mode } = values as { question?: string; rater: string; mode?: Mode };
  if (question !== undefined && !isQuestion(question)) {
    throw usageError(
      `--question needs a name: a small letter, then small letters, digits, _ or -; not "${question}".`,
    );
  }
  if (!isRater(rater))
    throw usageError('--rater needs 1 to 64 characters, none of them a control character.');
  const { text, untoldFormat } = textReading(values);
  return {
    question,
    rater,
    mode,
    roles: columnsByRole(values, ROLES),
    scale: scaleOf(values),
    text: text ?? {},
    untoldFormat,
  };
}

function scaleOf(values: FlagValues): readonly [number, number] | undefined {
  const given = values['scale'] as string[] | undefined;
  if (!given) return undefined;
  const [lowest, highest, ...others] = given.map(Number);
  if (others.length === 0 && Number.isFinite(lowest) && Number.isFinite(highest) && lowest! < highest!) {
    return [lowest!, highest!];
  }
  throw usageError(`--scale needs the lowest and the highest rating, as 1,5; not "${given.join(',')}".`);
}

function tell(to: string, { problems, ...counts }: ImportCounts, json: boolean): number {
  const { rows, saved, savedBefore } = counts;
  if (rows === 0)
    throw new BowerbirdError(
      'BB_INPUT_EMPTY',
      'The files hold not a single row, so there is nothing to import. Give others.',
    );
  if (rows > 0 && saved + savedBefore === 0) {
    throw new BowerbirdError(
      'BB_INPUT_VALUE',
      `None of ${rows} rows is an answer. ${problems.notes().join(' ')}`,
    );
  }
  if (json) {
    const listed = problems
      .list()
      .map(({ problem, count, first: { path, line } }) => ({ problem, count, first: { path, row: line } }));
    process.stdout.write(`${JSON.stringify({ to, ...counts, problems: listed })}\n`);
    return 0;
  }
  const before = savedBefore > 0 ? `, ${savedBefore} were there already` : '';
  const lines = [`${to}: ${saved} answers added of ${rows} rows${before}`, ...problems.notes()];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
