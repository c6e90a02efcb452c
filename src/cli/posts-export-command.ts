import { OutputFile } from '../base/output-file.ts';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportTable,
  SHARDS_FORMAT,
} from '../posts/export-formats.ts';
import type { PostsTable } from '../posts/table.ts';
import { type Command, type Invocation, shellWord } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { endWithout, withInterrupt } from './interrupt.ts';
import { POSTS_EXPORT_FLAGS } from './posts-flags.ts';
import { rowsProgress } from './rows-progress.ts';

/** `bowerbird posts export` */
export const POSTS_EXPORT: Command = {
  examples: [
    ['posts export likes --output posts.parquet', 'All posts with their latest counts'],
    ['posts export likes --table users --output users.jsonl', 'All users, for mongoimport'],
    ['posts export likes --format shards --output shards', 'Pictures and URLs, for score'],
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

/** @throws BowerbirdError BB_USAGE, BB_POSTS_NOT_FOUND, BB_POSTS_CORRUPT, BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL and those of `exportShards` */
async function postsExportCommand({ values, parsed }: Invocation): Promise<number> {
  if (values['output'] === undefined)
    throw usageError('posts export needs --output: the file to write, or the folder of --format shards.');
  const format = formatOf(values);
  if (format === SHARDS_FORMAT && values['table'] !== 'posts')
    throw usageError('--format shards writes posts: it takes no --table.');
  const { openPosts } = await import('../posts/table.ts');
  const posts = await openPosts(parsed['posts'] as string);
  return format === SHARDS_FORMAT ? writeShards(posts, values) : writeFile(posts, format, values);
}

/** @throws BowerbirdError BB_USAGE */
function formatOf(values: FlagValues): ExportFormat | typeof SHARDS_FORMAT {
  const path = values['output'] as string;
  const given = values['format'] as ExportFormat | typeof SHARDS_FORMAT | undefined;
  const format = given ?? EXPORT_FORMATS.find((each) => path.toLowerCase().endsWith(`.${each}`));
  if (format !== undefined) return format;
  throw usageError(
    `The format does not show in ${path}. Give --format: ${[...EXPORT_FORMATS, SHARDS_FORMAT].join(', ')}.`,
  );
}

async function writeFile(posts: PostsTable, format: ExportFormat, values: FlagValues): Promise<number> {
  const table = values['table'] as ExportTable;
  const output = await OutputFile.open(
    values['output'] as string,
    values['incremental-mode'] === 'overwrite',
  );
  return withInterrupt(onFirst, async (signal) => {
    const { exportTable } = await import('../posts/export.ts');
    try {
      const onProgress = rowsProgress('exporting');
      const rows = await exportTable(posts, { path: output.temporary, table, format, signal, onProgress });
      await output.commit();
      tell(values, { output: output.path, table, format, rows }, [
        `${output.path}: ${rows} rows of ${table} (${format})`,
      ]);
      return 0;
    } catch (thrown) {
      return endWithout(output.path, signal, thrown);
    } finally {
      await output.discard();
    }
  });
}

async function writeShards(posts: PostsTable, values: FlagValues): Promise<number> {
  const given = values['output'] as string;
  return withInterrupt(onFirst, async (signal) => {
    const { exportShards } = await import('../posts/export-shards.ts');
    try {
      const counts = await exportShards(posts, {
        ...{ output: given, overwrite: values['incremental-mode'] === 'overwrite', signal },
        onNote: (note) => process.stderr.write(`${note}\n`),
        onProgress: rowsProgress('exporting', posts.counts.posts, 'posts'),
      });
      const { output, pictures, urls, without } = counts;
      const missing =
        without > 0 ? ` (${without} of them without: the file has gone, cannot be read or is too large)` : '';
      const lines = [`${output}: ${pictures} posts with pictures${missing}, ${urls} with URLs`];
      if (pictures > 0) lines.push(`bowerbird score ${shellWord(`${given}/pictures`)} --output-folder OUT`);
      if (urls > 0) lines.push(`bowerbird score ${shellWord(`${given}/urls`)} --output-folder OUT-URLS`);
      tell(values, { ...counts, format: SHARDS_FORMAT }, lines);
      return 0;
    } catch (thrown) {
      if (thrown !== signal.reason || !signal.aborted) throw thrown;
      process.stderr.write(`Interrupted. ${given} was not written.\n`);
      return 130;
    }
  });
}

function onFirst(): void {
  process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n');
}

function tell(values: FlagValues, result: object, lines: readonly string[]): void {
  process.stdout.write(values['json'] === true ? `${JSON.stringify(result)}\n` : `${lines.join('\n')}\n`);
}
