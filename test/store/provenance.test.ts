import { join } from 'node:path';
import test from 'ava';
import { provenanceJson } from '../../src/samples/provenance/provenance.ts';
import { addToStore } from '../../src/store/add.ts';
import { buildStore } from '../../src/store/build.ts';
import { scoresOfStore } from '../../src/store/provenance.ts';
import { openStore } from '../../src/store/reader.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { byHead } from '../samples/provenance/origins.ts';

const SCORES = { aesthetic: [byHead('a')], punsafe: [byHead('n')] };
const UNSTATED = { aesthetic: [{ from: 'column', column: 'aesthetic' }] };

async function* oneRow(hash: bigint): AsyncGenerator<{ hashes: BigInt64Array; columns: Float32Array[] }> {
  yield { hashes: BigInt64Array.of(hash), columns: [Float32Array.of(5)] };
}

test('a store of before provenance was kept is read, and states nothing of its scores', (t) => {
  const columns = ['aesthetic'] as const;
  t.deepEqual(scoresOfStore([{ columns }]) as object, UNSTATED);
  t.deepEqual(scoresOfStore([{ columns, provenance: { format: 'later' } }]) as object, UNSTATED);
  const stated = { columns, provenance: provenanceJson({ scores: SCORES }) };
  t.deepEqual(scoresOfStore([stated]), { aesthetic: SCORES.aesthetic });
  t.is(scoresOfStore([stated, { columns }])['aesthetic']!.length, 2, 'what it lies on counts');
});

test('an addition is told what it lies on before a row is asked for, and what is thrown then leaves the store as it was', async (t) => {
  const store = join(await makeFolder(t), 'store');
  const shared = { memoryMb: 64, store };
  await buildStore({
    ...shared,
    output: store,
    rows: oneRow(1n),
    columns: ['aesthetic'],
    precision: 'float16',
  });
  const refusal = new Error('another score');
  let asked = 0;
  const rows = (async function* () {
    asked++;
    yield* oneRow(2n);
  })();
  const refused = addToStore({
    ...shared,
    rows,
    onStore: ({ path, scores }) => {
      t.is(path, store);
      t.deepEqual(scores as object, UNSTATED);
      throw refusal;
    },
  });
  await t.throwsAsync(refused, { is: refusal });
  t.is(asked, 0);
  await addToStore({ ...shared, rows: oneRow(3n), scores: () => ({ aesthetic: SCORES.aesthetic }) });
  const opened = await openStore(store);
  t.teardown(() => opened.close());
  t.is(opened.entryCount, 2);
  const [newest, oldest] = opened.versions.map(({ meta }) => meta);
  t.deepEqual(newest!.provenance, provenanceJson({ scores: { aesthetic: SCORES.aesthetic } }));
  t.is(oldest!.provenance, undefined);
});
