import test from 'ava';
import { POSTS_ADD_FLAGS, POSTS_EXPORT_FLAGS } from '../../src/cli/posts-flags.ts';
import { PART_KINDS } from '../../src/posts/folder.ts';
import { PART_COLUMNS } from '../../src/posts/part.ts';
import { POST_PROBLEMS } from '../../src/posts/problems.ts';
import { ROLES } from '../../src/posts/read/columns.ts';
import { allPages, readPage, sectionOf, tableRows } from './pages.ts';

const page = readPage('docs/posts.md').text;
const firstCells = (heading: string): string[] => tableRows(sectionOf(page, heading)).map(([cell]) => cell!);

test('docs/posts.md lists the reasons for which a post is left out, and the roles of columns, and no others', (t) => {
  t.deepEqual(firstCells('What is left out'), Object.keys(POST_PROBLEMS));
  t.deepEqual([...firstCells('Tables')].sort(), [...ROLES].sort());
});

test('docs/posts.md lists the columns of the files, in their order', (t) => {
  const rows = tableRows(sectionOf(page, 'Columns'));
  t.deepEqual(
    rows,
    PART_KINDS.map((kind) => [
      `${kind}/`,
      PART_COLUMNS[kind].map(({ name, type }) => `${name} ${type}`).join(', '),
    ]),
  );
});

test('every flag in a documented posts command exists', (t) => {
  const tables = { add: POSTS_ADD_FLAGS, export: POSTS_EXPORT_FLAGS };
  for (const [name, table] of Object.entries(tables)) {
    const uses = allPages().flatMap(({ text }) => [
      ...text.matchAll(new RegExp(`^bowerbird posts ${name} .*`, 'gm')),
    ]);
    t.true(uses.length > 0, name);
    for (const [command] of uses) {
      for (const [, flag] of command.matchAll(/ --([a-z][\w-]*)/g)) t.true(flag! in table, command);
    }
  }
});
