import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { JSDOM } from 'jsdom';
import { type Audit, type AuditGroup, auditFilter } from '../../src/audit/audit.ts';
import type { AuditOptions, GroupKind } from '../../src/audit/options.ts';
import { auditPageData } from '../../src/cli/audit-page-view.ts';
import { auditJson, describeAudit } from '../../src/cli/audit-view.ts';
import { type WrittenRow, writeRun } from '../browse/world.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';

function audit(inputs: readonly string[], changes: Partial<AuditOptions> = {}): Promise<Audit> {
  return auditFilter({
    ...{ inputs, rules: null, leastRows: 1, threads: 1, memoryLimitMb: 256 },
    ...{ signal: new AbortController().signal, onNote: () => undefined, onProgress: () => undefined },
    ...changes,
  });
}

const HEADER = 'URL,TEXT,LANGUAGE,WIDTH,HEIGHT,aesthetic,punsafe';

async function writeTags(t: ExecutionContext, rows: readonly string[]): Promise<string> {
  const path = join(await makeFolder(t), 'tags.csv');
  writeFileSync(path, `${[HEADER, ...rows].join('\n')}\n`);
  return path;
}

/** Rows and kept rows of each group of a kind. */
function counts({ groups }: Audit, kind: GroupKind): Record<string, [rows: number, kept: number]> {
  return Object.fromEntries(
    groups.filter((group) => group.kind === kind).map(({ name, rows, kept }) => [name, [rows, kept]]),
  );
}

test('rows are counted by the words of their captions, by language, host and size', async (t) => {
  const path = await writeTags(t, [
    'http://A.org/1.jpg,A red RED tree,en,300,200,7,0.1',
    'https://user:pw@a.org:8080/2.jpg,ein Baum: größer,de,900,600,7,0.1',
    'http://b.org/3.jpg,"red, of it",en,256,256,5,0.1',
    'ftp://b.org?x=http://c.org/,,,,,7,0.1',
    'no address,tree-house,en,4000,3000,7,0.1',
  ]);
  const found = await audit([path], { rules: { minAesthetic: 6, missingTags: 'drop' } });
  t.like(found, { rows: 5, kept: 4, failed: 0, files: 1 });
  t.deepEqual(counts(found, 'term'), {
    red: [2, 1],
    tree: [2, 2],
    baum: [1, 1],
    ein: [1, 1],
    größer: [1, 1],
    house: [1, 1],
  });
  t.deepEqual(counts(found, 'language'), { en: [3, 2], de: [1, 1] });
  t.deepEqual(counts(found, 'host'), { 'a.org': [2, 2], 'b.org': [2, 1] });
  t.deepEqual(counts(found, 'size'), {
    '0 to 255': [1, 1],
    '256 to 511': [1, 0],
    '512 to 767': [1, 1],
    '2048 and more': [1, 1],
  });
  const few = await audit([path], { leastRows: 2, rules: { minAesthetic: 6, missingTags: 'drop' } });
  t.deepEqual(Object.keys(counts(few, 'term')), ['red', 'tree']);
  t.deepEqual(few.small, { term: 4, language: 1, host: 0, size: 4 });
});

test('a word of more than 40 letters is none, and no part of it is', async (t) => {
  const path = await writeTags(t, [`http://a.org/,cat ${'a'.repeat(40)} ${'b'.repeat(45)} of,en,9,9,7,0.1`]);
  const found = await audit([path], { rules: { minAesthetic: 6, missingTags: 'drop' } });
  t.deepEqual(Object.keys(counts(found, 'term')).sort(), ['a'.repeat(40), 'cat']);
});

test('a row is kept by strict comparisons of float32 values, and without a tag by what is said of such', async (t) => {
  const path = await writeTags(t, [
    'http://a.org/,edge,en,9,9,6,0.1',
    // The float32 nearest to 0.7 is below the double.
    'http://a.org/,unsafe,en,9,9,7,0.7',
    'http://a.org/,none,en,9,9,,0.1',
    'http://a.org/,nan,en,9,9,nan,0.1',
    'http://a.org/,good,en,9,9,6.5,0.1',
  ]);
  const rules = { minAesthetic: 6, maxPunsafe: 0.7 };
  const kept = async (missingTags: 'drop' | 'keep') =>
    Object.entries(counts(await audit([path], { rules: { ...rules, missingTags } }), 'term'))
      .filter(([, [, count]]) => count === 1)
      .map(([name]) => name)
      .sort();
  t.deepEqual(await kept('drop'), ['good', 'unsafe']);
  t.deepEqual(await kept('keep'), ['good', 'nan', 'none', 'unsafe']);
});

test('a group that is treated otherwise is named with its interval; among groups alike none is', async (t) => {
  const rows = Array.from({ length: 200 }, (_, i): WrittenRow => {
    const isNight = i % 4 === 0;
    const isKept = isNight ? i % 40 === 0 : i % 2 === 1;
    return {
      ...{
        url: `http://h${i % 3}.org/${i}.jpg`,
        caption: `${isNight ? 'night' : 'day'} word${i % 7}`,
        aesthetic: 5,
      },
      ...(!isKept && { droppedBy: 'aesthetic' }),
      ...(i === 199 && { reason: 'http_not_found' }),
    };
  });
  const run = await writeRun(await makeFolder(t), rows);
  const found = await audit([run]);
  t.like(found, { rows: 199, failed: 1, files: 20 });
  const night = found.groups.find(({ name }) => name === 'night') as AuditGroup;
  t.deepEqual([night.rows, night.kept], [50, 5]);
  t.true(night.q! < 0.001 && night.interval.low < 0.1 && night.interval.high > 0.1);
  t.true(found.groups.filter(({ name }) => /^(word|h)/.test(name)).every(({ q }) => q! > 0.05));
  const text = describeAudit(found, null, 5);
  t.regex(text, /kept less +rows +kept +95 % +q\nnight +50 +10\.0 % +4\.3 % to 21\.4 % +< 0\.001/);
  t.regex(text, /1 rows failed before they could be judged/);
  t.regex(text, /hosts: 3 groups; 0 are treated otherwise/);
  t.deepEqual(valueProblems('audit.schema.json', JSON.parse(auditJson(found, null))), []);
  const { kinds, filter } = auditPageData([run], found, { rules: null, top: 5, command: '' });
  t.is(filter, 'the verdicts of the tags');
  const shown = kinds.map(({ id, lists }) => [id, lists.map(({ title, groups }) => [title, groups.length])]);
  t.deepEqual(shown, [
    ['term', [['Kept less, then kept more', 2]]],
    ['host', [['The largest', 3]]],
    ['size', [['From small to large', 1]]],
  ]);
  const [first] = kinds[0]!.lists[0]!.groups;
  t.like(first, { name: 'night', rows: 50, kept: 5, isOtherwise: true, low: night.interval.low });
});

test('sizes stand from small to large on the page, and the command writes it', async (t) => {
  const sides = [3000, 300, 100, 600];
  const path = await writeTags(
    t,
    sides.map((side, i) => `http://a.org/${i},word,en,${side},${side},${i < 2 ? 7 : 5},0.1`),
  );
  const page = join(await makeFolder(t), 'audit.html');
  const { exitCode, stderr } = await runCli([
    'audit',
    path,
    '--min-aesthetic',
    '6',
    '--min-rows',
    '1',
    '--html',
    page,
  ]);
  t.is(exitCode, 0, stderr);
  const { document } = new JSDOM(readFileSync(page, 'utf8')).window;
  t.deepEqual(
    [...document.querySelectorAll('#size tbody th')].map(({ textContent }) => textContent),
    ['0 to 255', '256 to 511', '512 to 767', '2048 and more'],
  );
  const over = await runCli(['audit', path, '--min-aesthetic', '6', '--html', path]);
  t.is(over.exitCode, 2);
  t.regex(over.stderr, /tags\.csv/);
});

test('what cannot be audited is refused, and an audit that is stopped ends', async (t) => {
  const path = await writeTags(t, ['http://a.org/,x,en,9,9,7,0.1']);
  await t.throwsAsync(audit([path]), { code: 'BB_COLUMN_MISSING', message: /--min-aesthetic/ });
  await t.throwsAsync(audit([path], { rules: { maxPwatermark: 0.8, missingTags: 'drop' } }), {
    code: 'BB_COLUMN_MISSING',
    message: /pwatermark/,
  });
  const rules = { minAesthetic: 6, missingTags: 'drop' } as const;
  await t.throwsAsync(audit([path], { rules, languageColumn: 'tongue' }), {
    code: 'BB_COLUMN_MISSING',
    message: /"tongue".*LANGUAGE/,
  });
  await t.throwsAsync(audit([await writeTags(t, [])], { rules }), { code: 'BB_INPUT_EMPTY' });
  const stopped = AbortSignal.abort(new Error('stopped'));
  await t.throwsAsync(audit([path], { rules, signal: stopped }), { message: 'stopped' });
});
