import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { runSubset } from '../../src/subset/subset.ts';
import { readScoreRows } from '../../src/tables/score-rows.ts';
import { optionsOf, readSubset } from '../subset/world.ts';

/** Where scripts/make-pyarrow-fixtures.py writes. */
const FOLDER = join(packageFolder, 'test/tables/fixtures/pyarrow');

interface FixtureRow {
  readonly URL: string;
  readonly TEXT: string | null;
  readonly hash: string;
  readonly score: number | null;
}

const ROWS = JSON.parse(readFileSync(join(FOLDER, 'rows.json'), 'utf8')) as FixtureRow[];

function filesOf(kind: string): string[] {
  return readdirSync(FOLDER).filter((name) => name.startsWith(`${kind}-`));
}

test('scores are read from every codec, encoding and number type that pyarrow writes', async (t) => {
  const temporaryFolder = await mkdtemp(join(tmpdir(), 'bowerbird-pyarrow-'));
  t.teardown(() => rm(temporaryFolder, { recursive: true, force: true }));
  t.is(filesOf('tags').length, 13);
  for (const name of filesOf('tags')) {
    const found: [string, number | null][] = [];
    const batches = readScoreRows([join(FOLDER, name)], ['aesthetic'], {
      memoryLimitMb: 256,
      temporaryFolder,
    });
    for await (const { hashes, columns } of batches) {
      hashes.forEach((hash, i) => {
        const score = columns[0]![i]!;
        found.push([String(hash), Number.isNaN(score) ? null : score + 0]);
      });
    }
    t.deepEqual(
      found,
      ROWS.map(({ hash, score }) => [hash, score === null ? null : score + 0]),
      name,
    );
  }
});

test('metadata with any text type of pyarrow, and nested columns, come through a subset', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-pyarrow-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const selections = [{ name: 'aesthetic_5', lower: 5, kind: 'above' }] as const;
  const kept = ROWS.map((row, i) => ({ ...row, i })).filter(({ score }) => score !== null && score > 5);
  t.true(kept.length > 10);
  t.is(filesOf('metadata').length, 4);
  for (const name of filesOf('metadata')) {
    const outputFolder = join(folder, name);
    await runSubset(optionsOf(folder, { metadata: [join(FOLDER, name)], selections, outputFolder }));
    const rows = await readSubset(outputFolder);
    t.deepEqual(
      rows.map(({ URL, TEXT, hash, aesthetic, labels, box }) => [
        textOf(URL),
        textOf(TEXT),
        hash,
        aesthetic,
        labels,
        box,
      ]),
      kept.map(({ URL, TEXT, hash, score, i }) => [
        URL,
        TEXT,
        BigInt(hash),
        score,
        [`l${i}`, null],
        { x: BigInt(i), y: i / 2 },
      ]),
      name,
    );
  }
});

/** Text columns of type `binary` stay binary. */
function textOf(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : value;
}
