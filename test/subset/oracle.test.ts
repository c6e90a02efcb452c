import { join } from 'node:path';
import test from 'ava';
import { runSubset } from '../../src/subset/subset.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import {
  bruteForce,
  duplicatesOf,
  type MetadataRow,
  type Rules,
  shuffledPlace,
  type TagRow,
} from './oracle.ts';
import { makeFolder, optionsOf, partsOf, readSubset, writeMetadata, writeTags } from './world.ts';

/** So that the largest file has more than one row group. */
const ROWS = 50_000;
const MAX_PUNSAFE = 0.7;

const AESTHETICS = [7, 8, Math.fround(7.000001), Math.fround(6.9999995), Number.NaN, null, -0, 0, 9.5, 7.5];
const PUNSAFES = [Math.fround(MAX_PUNSAFE), Math.fround(0.70000005), Number.NaN, null, -0, 0, 0.25, 1];

/** Metadata and tags in several files each, with every oddity that the rules know. */
function makeRows(): { metadata: MetadataRow[][]; tags: TagRow[][] } {
  const random = randomNumbers(7);
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
  const hashOf = (): bigint => {
    const i = BigInt(Math.floor(random() * ROWS * 3));
    return i % 50n === 0n ? -(2n ** 63n) + i : BigInt.asIntN(64, i * 0x9e3779b97f4a7c15n);
  };
  const metadata = [0.2, 0, 0.5, 0.3].map((share, file) =>
    Array.from(
      { length: ROWS * share },
      (_, row): MetadataRow => ({
        URL: random() < 0.01 ? null : `http://host/${file}/${row}-ü.jpg`,
        TEXT: random() < 0.05 ? null : `caption ${row}`,
        WIDTH: random() < 0.02 ? null : 256 + Math.floor(random() * 1000),
        hash: random() < 0.01 ? null : hashOf(),
      }),
    ),
  );
  const tags = [0.6, 0.4].map((share) =>
    Array.from(
      { length: ROWS * share },
      (): TagRow => ({
        hash: random() < 0.01 ? null : hashOf(),
        prediction: random() < 0.5 ? pick(AESTHETICS) : Math.fround(random() * 10),
        punsafe: random() < 0.3 ? pick(PUNSAFES) : Math.fround(random()),
      }),
    ),
  );
  return { metadata, tags };
}

const { metadata, tags } = makeRows();
const BASE: Rules = {
  passesAesthetic: (score) => score > 7,
  maxPunsafe: MAX_PUNSAFE,
  keepMissing: false,
  deduplicate: false,
  nanIsHigh: false,
  where: () => true,
};

/**
 * A value in a form that tells NaN, null and bigint apart. -0 and 0 are the same number, and the dictionaries of
 * DuckDB's writer keep whichever comes first.
 */
function shown(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

function shownRow(row: MetadataRow, tag: TagRow | undefined): string {
  const values = [row.URL, row.TEXT, row.WIDTH, row.hash, tag?.punsafe ?? null, tag?.prediction ?? null];
  return values.map(shown).join('|');
}

test('cuts, missing tags, duplicates, conditions and LAION semantics give the rows and the numbers of a brute-force pass', async (t) => {
  const folder = await makeFolder(t);
  await writeMetadata(folder, metadata);
  await writeTags(folder, tags);
  const above = (lower: number) => ({ name: `aesthetic_${lower}`, lower, kind: 'above' }) as const;
  const cases = [
    { selections: [above(7), above(8)], rules: [BASE, { ...BASE, passesAesthetic: (s: number) => s > 8 }] },
    { selections: [above(7)], missingTags: 'keep', rules: [{ ...BASE, keepMissing: true }] },
    {
      selections: [above(0)],
      deduplicate: true,
      where: 'WIDTH >= 512',
      shuffleSeed: 42,
      rules: [
        {
          ...BASE,
          deduplicate: true,
          passesAesthetic: (s: number) => s > 0,
          where: (row: MetadataRow) => row.WIDTH !== null && row.WIDTH >= 512,
        },
      ],
    },
    {
      selections: [above(7), { name: 'bucket_7', lower: 7, upper: 8, kind: 'closed-bucket' }],
      laionCompat: true,
      rules: [
        { ...BASE, nanIsHigh: true },
        { ...BASE, nanIsHigh: true, passesAesthetic: (s: number) => s >= 7 && s <= 8 },
      ],
    },
    {
      selections: [{ name: 'bucket_7', lower: 7, upper: 8, kind: 'bucket' }],
      rules: [{ ...BASE, passesAesthetic: (s: number) => s >= 7 && s < 8 }],
    },
  ] as const;
  for (const [i, { rules, ...changes }] of cases.entries()) {
    const outputFolder = join(folder, `out-${i}`);
    const options = optionsOf(folder, {
      tags: [join(folder, 'tags')],
      maxPunsafe: MAX_PUNSAFE,
      outputFolder,
      outputFiles: 7,
      ...changes,
    });
    const { summary } = await runSubset(options);
    t.deepEqual(schemaProblems('subset.schema.json', join(outputFolder, 'subset.json')), []);
    t.deepEqual(summary.metadata.duplicates, duplicatesOf(metadata.flat().map((row) => row.hash)));
    t.deepEqual(summary.tags[0]!.duplicates, duplicatesOf(tags.flat().map((row) => row.hash)));
    for (const [s, rule] of rules.entries()) {
      const expected = bruteForce(metadata, tags, rule);
      const part = summary.subsets[s]!;
      const nonZero = Object.entries(part.droppedBy).filter(([, rows]) => rows > 0);
      t.deepEqual(Object.fromEntries(nonZero), expected.droppedBy, `case ${i}`);
      t.is(part.kept + nonZero.reduce((sum, [, rows]) => sum + rows, 0), ROWS);
      t.is(summary.tags[0]!.rowsWithoutTag, expected.noTag);
      t.is(part.kept, expected.kept.length);
      t.true(part.kept > 100);
      if (options.shuffleSeed !== undefined) {
        const places = new Map(
          expected.kept.map((kept) => [kept, shuffledPlace(options.shuffleSeed!, ...kept.place)]),
        );
        expected.kept.sort((a, b) => (places.get(a)! < places.get(b)! ? -1 : 1));
      }
      const rows = await readSubset(join(outputFolder, part.folder));
      t.deepEqual(Object.keys(rows[0]!), ['URL', 'TEXT', 'WIDTH', 'hash', 'punsafe', 'aesthetic']);
      const actual = rows.map((row) => Object.values(row).map(shown).join('|'));
      const wanted = expected.kept.map(({ row, tag }) => shownRow(row, tag));
      t.is(actual.length, wanted.length);
      const differs = actual.findIndex((row, at) => row !== wanted[at]);
      t.is(actual[differs], wanted[differs], `case ${i}, subset ${s}, row ${differs}`);
    }
  }
});

test('the files share the rows evenly and are named in the order of their rows', async (t) => {
  const folder = await makeFolder(t);
  await writeMetadata(folder, metadata);
  const { summary } = await runSubset(optionsOf(folder, { outputFiles: 7, where: 'WIDTH > 1000' }));
  const names = await partsOf(join(folder, 'out'));
  t.deepEqual(
    names,
    summary.subsets[0]!.files.map((file) => file.name),
  );
  t.true(
    names.every((name, i) => new RegExp(`^part-0000${i}-[0-9a-f-]{36}-c000\\.snappy\\.parquet$`).test(name)),
  );
  const lengths = await Promise.all(
    names.map(async (name) => (await readParquet(join(folder, 'out', name))).length),
  );
  t.is(
    lengths.reduce((sum, length) => sum + length, 0),
    summary.subsets[0]!.kept,
  );
  t.true(Math.max(...lengths) - Math.min(...lengths) <= 1);
});
