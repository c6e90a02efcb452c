import { OutputFile } from '../base/output-file.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../feedback/export-formats.ts';
import type { Command, Invocation } from './command.ts';
import { wantedAnswers } from './feedback-choice.ts';
import { FEEDBACK_EXPORT_FLAGS, FEEDBACK_POSITIONAL } from './feedback-flags.ts';
import { type FlagValues, usageError } from './flags.ts';
import { endWithout, withInterrupt } from './interrupt.ts';
import { rowsProgress } from './rows-progress.ts';

/** `bowerbird feedback export` */
export const FEEDBACK_EXPORT: Command = {
  examples: [
    ['feedback export taste.jsonl --output taste.parquet', 'As a table'],
    ['feedback export ada.jsonl bob.jsonl --output both.jsonl', 'Two feedback files as one'],
  ],
  docs: 'docs/feedback.md',
  flags: FEEDBACK_EXPORT_FLAGS,
  extend: (parser) => parser.positional('feedback', FEEDBACK_POSITIONAL),
  run: feedbackExportCommand,
};

/** @throws BowerbirdError BB_USAGE, BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE, BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL */
async function feedbackExportCommand({ values, parsed }: Invocation): Promise<number> {
  const paths = parsed['feedback'] as string[];
  const wanted = wantedAnswers(values);
  const format = formatOf(values);
  const overwrite = values['incremental-mode'] === 'overwrite';
  const output = await OutputFile.open(values['output'] as string, overwrite, paths);
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      const [{ FeedbackReader }, { exportAnswers }] = await Promise.all([
        import('../feedback/answers.ts'),
        import('../feedback/export.ts'),
      ]);
      const reader = new FeedbackReader(paths, { ...wanted, signal, onProgress: rowsProgress('exporting') });
      try {
        const answers = await exportAnswers(output.temporary, format, reader.answers());
        await output.commit();
        for (const note of reader.counts.problems.notes()) process.stderr.write(`${note}\n`);
        const result = { output: output.path, format, answers };
        process.stdout.write(
          values['json'] === true
            ? `${JSON.stringify(result)}\n`
            : `${output.path}: ${answers} answers (${format})\n`,
        );
        return 0;
      } catch (thrown) {
        return endWithout(output.path, signal, thrown);
      } finally {
        await output.discard();
      }
    },
  );
}

/** @throws BowerbirdError BB_USAGE */
function formatOf(values: FlagValues): ExportFormat {
  const path = values['output'] as string | undefined;
  if (path === undefined) throw usageError('feedback export needs --output: the file to write.');
  const shown = EXPORT_FORMATS.find((format) => path.toLowerCase().endsWith(`.${format}`));
  const format = (values['format'] as ExportFormat | undefined) ?? shown;
  if (format === undefined)
    throw usageError(`The format does not show in ${path}. Give --format: ${EXPORT_FORMATS.join(', ')}.`);
  return format;
}
