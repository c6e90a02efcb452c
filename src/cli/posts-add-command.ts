import { rm } from 'node:fs/promises';
import { BowerbirdError } from '../base/errors.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { AddCounts } from '../posts/add.ts';
import { ROLES } from '../posts/read/columns.ts';
import type { UsersList } from '../posts/users-list.ts';
import { timeOfText } from '../posts/values.ts';
import { columnsByRole } from './column-roles.ts';
import { type Command, type Invocation, pathsOf } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { POSTS_ADD_FLAGS } from './posts-flags.ts';
import { additionJson, additionText } from './posts-view.ts';
import { rowsProgress } from './rows-progress.ts';
import { textReading } from './text-flags.ts';

/** `bowerbird posts add` */
export const POSTS_ADD: Command = {
  examples: [
    ['posts add instagram --to likes', "A folder of Instaloader's downloads"],
    ['posts add posts.csv --to likes --columns post_id=id,user=photographer,likes=hearts', 'A table'],
  ],
  docs: 'docs/posts.md',
  flags: POSTS_ADD_FLAGS,
  extend: (parser) =>
    parser.positional('inputs', {
      type: 'string',
      array: true,
      demandOption: true,
      describe:
        "Folders of Instaloader's downloads; CSV, TSV, Parquet, JSON or JSON Lines, and folders of such",
    }),
  run: postsAddCommand,
};

/** @throws BowerbirdError BB_USAGE, BB_INPUT_EMPTY where there is no post and no user, and those of `addPosts` */
async function postsAddCommand(invocation: Invocation): Promise<number> {
  const { values } = invocation;
  const paths = pathsOf(invocation, 'input', 'inputs');
  const to = values['to'] as string | undefined;
  if (to === undefined)
    throw usageError('posts add needs --to: the folder of the table that posts are added to.');
  const choice = {
    to,
    roles: columnsByRole(values, ROLES),
    seenAtMs: seenAtOf(values),
    ...readingOf(values),
  };
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      const [{ addPosts }, { UsersList }] = await Promise.all([
        import('../posts/add.ts'),
        import('../posts/users-list.ts'),
      ]);
      const list = values['users'] as string | undefined;
      const users = list === undefined ? undefined : await UsersList.read(list);
      const temporaryFolder = await makeTemporaryFolder('posts');
      try {
        const onNote = (note: string): unknown => process.stderr.write(`${note}\n`);
        const onProgress = rowsProgress('adding', undefined, 'posts');
        const onIndexed = rowsProgress('reading what is known');
        const options = { ...choice, users, temporaryFolder, signal, onNote, onProgress, onIndexed };
        return tell(to, await addPosts(paths, options), users, values['json'] === true);
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write(
          `Interrupted. What was published is in ${to}; the same command brings the rest.\n`,
        );
        return 130;
      } finally {
        await rm(temporaryFolder, { recursive: true, force: true });
      }
    },
  );
}

function readingOf(values: FlagValues) {
  const inputFormat = values['input-format'];
  // What folders hold is no format of tables.
  const { text, untoldFormat } = textReading(
    inputFormat === 'instaloader' ? { ...values, 'input-format': undefined } : values,
  );
  return {
    text: text ?? {},
    inputFormat: inputFormat === 'instaloader' ? ('instaloader' as const) : untoldFormat,
    imagesFolder: values['images'] as string | undefined,
  };
}

/** @throws BowerbirdError BB_USAGE */
function seenAtOf(values: FlagValues): number | undefined {
  const given = values['seen-at'] as string | undefined;
  if (given === undefined) return undefined;
  const ms = timeOfText(given);
  if (typeof ms === 'number') return ms;
  throw usageError(`--seen-at needs a time as 2026-05-01 or 2026-05-01T10:00:00Z; not "${given}".`);
}

function tell(to: string, counts: AddCounts, users: UsersList | undefined, json: boolean): number {
  const { seen, folders } = counts;
  const { added, changed, conflict } = counts.users;
  if (seen + folders.profiles + added + changed + conflict === 0 && counts.total.users === 0) {
    throw new BowerbirdError(
      'BB_INPUT_EMPTY',
      'The inputs hold not a single post or user, so there is nothing to add. Give others.',
    );
  }
  process.stdout.write(
    json ? `${JSON.stringify(additionJson(to, counts, users))}\n` : additionText(to, counts, users),
  );
  return 0;
}
