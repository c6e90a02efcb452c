import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { hashTexts } from '../../src/samples/hash.ts';
import { type FailureReason, passesOf, REASONS } from '../../src/samples/reasons.ts';
import { BUCKET_NAMES } from '../../src/scores/bucket-names.ts';
import { DROP_RULES } from '../../src/scores/filter.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from '../../src/shards/result-columns.ts';
import { readPage, sectionOf, tableRows } from './pages.ts';

const page = readPage('docs/formats.md').text;

function rowsOf(heading: string): string[][] {
  return tableRows(sectionOf(page, heading));
}

test('docs/formats.md explains every reason with its status, and no others', (t) => {
  const documented = rowsOf('Reasons');
  t.deepEqual(Object.fromEntries(documented.map(([reason, status]) => [reason, status])), REASONS);
  t.is(documented.length, Object.keys(REASONS).length);
  for (const [reason, , passes, meaning] of documented) {
    t.is(passes || 'never', passesOf(reason as FailureReason), reason);
    t.true(meaning!.length > 20, reason);
  }
});

test('docs/formats.md lists every value of dropped_by in the order in which the rules are asked', (t) => {
  t.deepEqual(
    rowsOf('Rules').map(([rule]) => rule),
    [...DROP_RULES],
  );
});

test('docs/formats.md lists the columns of the tags in their order', (t) => {
  const documented = rowsOf('`tags/00000.parquet`').map(([column]) => column);
  t.deepEqual(documented, [...LEADING_COLUMNS, ...TRAILING_COLUMNS]);
});

test('docs/formats.md names the score buckets', (t) => {
  t.deepEqual(
    rowsOf('Score buckets').flatMap(([bucket]) => (bucket === '0 ... 9' ? [...'0123456789'] : bucket)),
    [...BUCKET_NAMES],
  );
});

test('the hashes that docs/formats.md states are those of the texts beside them', (t) => {
  const stated = rowsOf('The hash');
  t.is(stated.length, 4);
  for (const [url, text, hash] of stated) {
    const bytes = Buffer.from(`${url}${text}`.replaceAll('(empty)', ''));
    t.is(hashTexts([bytes])[0], BigInt(hash!), `${url} ${text}`);
  }
});

test('the schemas that docs/formats.md names exist', (t) => {
  const named = [...page.matchAll(/schemas\/[\w-]+\.schema\.json/g)].map(([path]) => path);
  t.true(named.length >= 4);
  for (const path of named) t.true(existsSync(join(packageFolder, path)), path);
});
