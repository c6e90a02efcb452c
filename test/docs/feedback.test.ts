import test from 'ava';
import { MODES } from '../../src/feedback/answer.ts';
import { LINE_PROBLEMS } from '../../src/feedback/problems.ts';
import { parseLine } from '../../src/feedback/records.ts';
import { SUSPICIONS } from '../../src/feedback/suspicion.ts';
import { readPage, sectionOf, tableRows } from './pages.ts';

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
