import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parquetWriteFile } from 'hyparquet-writer';
import type { ScoreOrigins } from '../../src/samples/provenance/provenance.ts';
import { buildStore } from '../../src/store/build.ts';
import type { CountOptions, CountResult } from '../../src/tally/count.ts';
import { parseShare } from '../../src/tally/quantiles.ts';
import { countSlice, mergeCounts } from '../../src/tally/slices.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { byHead } from '../samples/provenance/origins.ts';
import { randomHashes } from '../store/rows.ts';
import { count, countOptions } from './count-inputs.ts';
import { makeTagRows, sequence } from './scored-rows.ts';

const SHARES = ['0', '0.1', '0.5', '0.999', '1'].map((text) => parseShare(text)!);

/** Nine tables of scores on edges, beside them and none at all, some under another name; a text with a line that breaks its format; a file that is none. */
async function makeInputs(t: ExecutionContext): Promise<string> {
  const folder = await makeFolder(t);
  const next = sequence(7);
  for (let file = 0; file < 9; file++) {
    const rows = makeTagRows(200 + 50 * file, file + 1);
    const column = file % 3 === 0 ? 'prediction' : 'aesthetic';
    parquetWriteFile({
      filename: join(folder, `${file}.parquet`),
      columnData: [
        { name: column, data: rows.map(({ aesthetic }) => aesthetic), type: 'FLOAT', nullable: true },
        { name: 'punsafe', data: rows.map(({ punsafe }) => punsafe), type: 'FLOAT', nullable: true },
        {
          name: 'lang',
          data: rows.map(() => (next() < 0.1 ? null : `l${Math.floor(next() * 30)}`)),
          type: 'STRING',
          nullable: true,
        },
      ],
    });
  }
  await writeFile(join(folder, 'a.csv'), 'aesthetic,lang\n5.5,l1\nNA,l2\nbroken,line,too,long\n');
  await writeFile(join(folder, 'z.parquet'), 'PAR1 and nothing');
  return folder;
}

/** Counts in so many slices and merges them. */
async function counted(
  t: ExecutionContext,
  slices: number,
  inputs: readonly string[],
  options: Partial<CountOptions>,
): Promise<unknown> {
  const folder = await makeFolder(t);
  const whole = countOptions(inputs, options);
  // In an order of their own: each is a machine.
  for (let index = slices - 1; index >= 0; index--)
    await countSlice(whole, { index, count: slices }, join(folder, `${index}`));
  return mergeCounts([folder], { ...whole, shares: SHARES });
}

function comparable(result: unknown): unknown {
  const { inputs, tally, given: _, by: _by, ...rest } = result as Record<string, unknown>;
  const { files, ...others } = inputs as { files: readonly { path: string }[] };
  const text = JSON.stringify(
    { ...others, files: files.map(({ path }) => path), tally, ...rest },
    (_key, value) => (Number.isNaN(value) ? 'NaN' : (value as unknown)),
  );
  return JSON.parse(text);
}

test('a count in 1, 2 and 7 slices is the count of all: buckets, exact quantiles, groups, notes, files passed over', async (t) => {
  const folder = await makeInputs(t);
  const options = {
    by: 'lang',
    skipBadFiles: true,
    isMixAllowed: true,
    order: 'aesthetic',
    top: 12,
  } as const;
  const whole = comparable(await count([folder], { ...options, shares: SHARES }));
  const { tally, skipped, notes, groups, quantiles } = whole as Record<string, unknown>;
  t.is((tally as { states: { scored: number } }).states.scored > 2000, true);
  t.is((skipped as unknown[]).length, 1);
  t.true((notes as string[]).some((note) => note.includes('breaks its format')));
  t.is((groups as { top: unknown[] }).top.length, 12);
  t.is((quantiles as unknown[]).length, 5);
  for (const slices of [1, 2, 7])
    t.deepEqual(comparable(await counted(t, slices, [folder], options)), whole, `${slices}`);
});

test('stores are dealt to slices like files, and slices without an input count nothing', async (t) => {
  const folder = await makeInputs(t);
  const stores = ['s1', 's2'].map((name) => join(folder, '..', `${name}-${Math.random()}`));
  for (const [i, output] of stores.entries()) {
    const scores = Float32Array.from({ length: 500 }, (_, row) => (row % 40) / 4 + i);
    const rows = { hashes: randomHashes(500, i + 1), columns: [scores] };
    await buildStore({ output, columns: ['aesthetic'], precision: 'float32', memoryMb: 64, rows: one(rows) });
  }
  const inputs = [join(folder, '1.parquet'), ...stores];
  const options = { isMixAllowed: true };
  const whole = comparable(await count(inputs, { ...options, shares: SHARES }));
  for (const slices of [2, 5]) t.deepEqual(comparable(await counted(t, slices, inputs, options)), whole);
});

test('slices whose scores come from different heads are refused where that was not allowed', async (t) => {
  const folder = await makeFolder(t);
  const inputs = ['a', 'b'].map((name) => join(folder, name));
  for (const output of inputs) {
    const rows = one({ hashes: randomHashes(20, 1), columns: [new Float32Array(20).fill(5)] });
    const scores = (): ScoreOrigins => ({ aesthetic: [byHead(output.at(-1)!)] });
    await buildStore({ output, columns: ['aesthetic'], precision: 'float32', memoryMb: 64, rows, scores });
  }
  await t.throwsAsync(count(inputs), { code: 'BB_PROVENANCE_MIXED' });
  await t.throwsAsync(counted(t, 2, inputs, {}), { code: 'BB_PROVENANCE_MIXED' });
  const result = (await counted(t, 2, inputs, { isMixAllowed: true })) as CountResult;
  t.is(result.tally.states.scored, 40);
});

async function* one<Rows>(rows: Rows): AsyncGenerator<Rows> {
  yield rows;
}
