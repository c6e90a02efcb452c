import { OutputFile } from '../base/output-file.ts';
import { EXPORT_FORMATS, type ExportFormat, type ExportTable } from '../posts/export-formats.ts';
import type { Command, Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { endWithout, withInterrupt } from './interrupt.ts';
import { POSTS_EXPORT_FLAGS } from './posts-flags.ts';

/** `bowerbird posts export` */
export const POSTS_EXPORT: Command = {
  usage: 'export <posts>',
  describe: 'Write posts or users of a table as one file',
  examples: [
    ['posts export likes --output posts.parquet', 'All posts with their latest counts'],
    ['posts export likes --table users --output users.csv', 'All users'],
  ],
  docs: 'docs/posts.md',
  flags: POSTS_EXPORT_FLAGS,
  extend: (parser) =>
    parser.positional('posts', {
      type: 'string',
      demandOption: true,
      describe: 'Table of posts, as `posts add` has made it',
    }),
  run: postsExportCommand,
};

/** @throws BowerbirdError BB_USAGE, BB_POSTS_NOT_FOUND, BB_POSTS_CORRUPT, BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL */
async function postsExportCommand({ values, parsed }: Invocation): Promise<number> {
  const format = formatOf(values);
  const table = values['table'] as ExportTable;
  const [{ openPosts }, { exportTable }] = await Promise.all([
    import('../posts/table.ts'),
    import('../posts/export.ts'),
  ]);
  const posts = await openPosts(parsed['posts'] as string);
  const output = await OutputFile.open(
    values['output'] as string,
    values['incremental-mode'] === 'overwrite',
  );
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const rows = await exportTable(posts, { path: output.temporary, table, format });
        await output.commit();
        const result = { output: output.path, table, format, rows };
        process.stdout.write(
          values['json'] === true
            ? `${JSON.stringify(result)}\n`
            : `${output.path}: ${rows} rows of ${table} (${format})\n`,
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
  if (path === undefined) throw usageError('posts export needs --output: the file to write.');
  const shown = EXPORT_FORMATS.find((format) => path.toLowerCase().endsWith(`.${format}`));
  const format = (values['format'] as ExportFormat | undefined) ?? shown;
  if (format === undefined)
    throw usageError(`The format does not show in ${path}. Give --format: ${EXPORT_FORMATS.join(', ')}.`);
  return format;
}
