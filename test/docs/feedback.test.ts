import test from 'ava';
import {
  FEEDBACK_EXPORT_FLAGS,
  FEEDBACK_IMPORT_FLAGS,
  FEEDBACK_INFO_FLAGS,
} from '../../src/cli/feedback-flags.ts';
import { MODES } from '../../src/feedback/answer.ts';
import { EXPORT_COLUMNS } from '../../src/feedback/export.ts';
import { ROLES } from '../../src/feedback/import/columns.ts';
import { parseLine } from '../../src/feedback/parse-line.ts';
import { LINE_PROBLEMS } from '../../src/feedback/problems.ts';
import {
  checkQueueItem,
  QUEUE_PROBLEMS,
  QUEUE_REASONS,
  queueItemId,
} from '../../src/feedback/queue-items.ts';
import { SUSPICIONS } from '../../src/feedback/suspicion.ts';
import { allPages, readPage, sectionOf, tableRows } from './pages.ts';

const page = readPage('docs/feedback.md').text;
const firstCells = (heading: string): string[] => tableRows(sectionOf(page, heading)).map(([cell]) => cell!);

test('docs/feedback.md lists the reasons for which a line is passed over, the rules and the modes, and no others', (t) => {
  t.deepEqual(firstCells('What can be relied on'), Object.keys(LINE_PROBLEMS));
  t.deepEqual(firstCells('How agreement is measured'), Object.keys(SUSPICIONS));
  t.deepEqual(firstCells('The file').slice(-MODES.length), [...MODES]);
});

test('the lines that docs/feedback.md shows are read as it says', (t) => {
  const [, shown] = /```json\n([\s\S]*?)```/.exec(sectionOf(page, 'The file'))!;
  const lines = shown!.trim().split('\n').map(parseLine);
  t.like(lines[0], { mode: 'pair', answer: 'left', right: { hash: '99', key: '000000012' }, tookMs: 2100 });
  t.like(lines[1], { mode: 'rating', answer: 7.5 });
  t.like(lines[2], { retracts: '7f0c' });
});

test('docs/feedback.md lists why a queue asks and what can be wrong with its lines, and shows items of the ids that they have', (t) => {
  const cells = firstCells('Queue files');
  const [asIn, ...own] = cells.slice(-6);
  const problems = [...asIn!.split(', ').map((name) => name.replaceAll('`', '')), ...own];
  t.deepEqual(problems.sort(), Object.keys(QUEUE_PROBLEMS).sort());
  const reasons = Object.keys(QUEUE_REASONS);
  t.deepEqual(
    cells.filter((cell) => reasons.includes(cell)),
    reasons,
  );
  const [, shown] = /```json\n([\s\S]*?)```/.exec(sectionOf(page, 'Queue files'))!;
  const items = shown!
    .trim()
    .split('\n')
    .map((line) => checkQueueItem(JSON.parse(line)));
  t.is(items.length, 2);
  for (const item of items) {
    if (typeof item === 'string') return t.fail(item);
    const samples = item.mode === 'pair' ? [item.left, item.right] : [item.sample];
    t.is(item.id, queueItemId({ question: item.question, mode: item.mode, samples, round: 0 }));
  }
});

test('docs/feedback.md names the roles of columns that are imported, the columns of an export, and flags that exist', (t) => {
  const section = sectionOf(page, 'From other tools and to them').replaceAll('\n', ' ');
  const listed = (list: readonly string[]): string => list.map((name) => `\`${name}\``).join(', ');
  const squeezed = section.replace(/ +/g, ' ');
  t.true(squeezed.includes(listed(ROLES)), listed(ROLES));
  t.true(squeezed.replace(/ \(the answer where it is a number\)/, '').includes(listed(EXPORT_COLUMNS)));
  const flags = { import: FEEDBACK_IMPORT_FLAGS, export: FEEDBACK_EXPORT_FLAGS, info: FEEDBACK_INFO_FLAGS };
  const uses = allPages().flatMap(({ text }) => [
    ...text.matchAll(/^bowerbird feedback (import|export|info) .*/gm),
  ]);
  t.true(uses.length >= 5);
  for (const [command, name] of uses) {
    for (const [, flag] of command.matchAll(/ --([a-z][\w-]*)/g))
      t.true(flag! in flags[name as 'info'], command);
  }
});
