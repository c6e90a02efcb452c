import type { AddCounts } from '../posts/add.ts';
import { type Place, POST_PROBLEMS } from '../posts/problems.ts';
import type { UsersList } from '../posts/users-list.ts';

/** Names of users that are told of at most. */
const MOST_NAMED = 5;

/** What an addition came to, for a person. */
export function additionText(to: string, counts: AddCounts, list: UsersList | undefined): string {
  const { seen, added, changed, known, leftOut, users, total, folders } = counts;
  const lines = [
    `${to}: ${added} posts added, ${changed} changed, ${known} known and as they were, ${leftOut} left out: ${seen} in all`,
    ...counts.problems
      .list()
      .map(
        ({ problem, count, first }) =>
          `  ${count} ${problem}: ${POST_PROBLEMS[problem]}. ${count === 1 ? 'It is' : 'The first is'} ${placeText(first)}.`,
      ),
    `users: ${users.added} new, ${users.changed} changed${users.conflict > 0 ? `, ${users.conflict} looks left out that say something else of a user at the very same time` : ''}`,
    ...folderLines(folders),
    ...listLines(list),
    `the table holds ${total.posts} posts, ${total.history} counts of them, ${total.users} looks at users`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for a program. */
export function additionJson(to: string, counts: AddCounts, list: UsersList | undefined): object {
  const { problems, folders, ...rest } = counts;
  const listed = problems.list().map(({ problem, count, first }) => ({ problem, count, first }));
  const { profiles, others, passedOverCount } = folders;
  const unmet = list === undefined ? {} : { users_not_met: list.unmet() };
  const { seen, added, changed, known, leftOut, users, total } = rest;
  return {
    ...{ to, seen, added, changed, known, left_out: leftOut, problems: listed, users, total },
    ...{ profiles, other_files: others, passed_over: passedOverCount, ...unmet },
  };
}

function placeText({ path, row }: Place): string {
  return row === undefined ? path : `row ${row} of ${path}`;
}

function folderLines({ profiles, others, passedOver, passedOverCount }: AddCounts['folders']): string[] {
  const read =
    profiles + others > 0
      ? [`${profiles} files of profiles read, ${others} of other things passed over`]
      : [];
  if (passedOverCount === 0) return read;
  const more = passedOverCount > passedOver.length ? ', ...' : '';
  return [...read, `passed over ${passedOverCount}: ${passedOver.join(', ')}${more}`];
}

function listLines(list: UsersList | undefined): string[] {
  const unmet = list?.unmet() ?? [];
  if (unmet.length === 0) return [];
  const more = unmet.length > MOST_NAMED ? ', ...' : '';
  return [
    `of the ${list!.names.length} users in the list, ${unmet.length} ${unmet.length === 1 ? 'was' : 'were'} not met: ${unmet.slice(0, MOST_NAMED).join(', ')}${more}`,
  ];
}
