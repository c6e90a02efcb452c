import test from 'ava';
import { createTagModel, scoreOf } from '../../src/embed/tag-model.ts';
import { resolveTagModel } from '../../src/models/registry.ts';
import {
  channelMeans,
  type OddModel,
  SMALL_SIZE,
  temporaryFolder,
  writeOddModel,
} from '../helpers/odd-models.ts';

const isNear = (value: number, wanted: number): boolean => Math.abs(value - wanted) < 1e-6;

test('the score is the value, the sigmoid of it, or its share among all by softmax', (t) => {
  const row = Float32Array.of(0, Math.log(3), -1000);
  t.is(scoreOf(row, 1, 'none'), Math.fround(Math.log(3)));
  t.true(isNear(scoreOf(row, 1, 'sigmoid'), 0.75));
  t.true(isNear(scoreOf(row, 1, 'softmax'), 0.75));
  t.is(scoreOf(row, 2, 'softmax'), 0);
  t.true(isNear(scoreOf(Float32Array.of(2000, 2000), 0, 'softmax'), 0.5));
});

test('a row that is not finite where it matters gives no score', (t) => {
  t.is(scoreOf(Float32Array.of(Number.NaN, 1), 0, 'none'), Number.NaN);
  t.is(scoreOf(Float32Array.of(1, Number.NaN), 0, 'softmax'), Number.NaN);
  t.is(scoreOf(Float32Array.of(1, Number.POSITIVE_INFINITY), 0, 'softmax'), Number.NaN);
  t.is(scoreOf(Float32Array.of(Number.POSITIVE_INFINITY), 0, 'none'), Number.NaN);
});

test('a classifier gives one score for each crop, of the class that its manifest names', async (t) => {
  const statement = { kind: 'classifier', tag: 'pwatermark', class: 2, activation: 'none' };
  const files = await resolveTagModel(await writeOddModel(await temporaryFolder(t), {}, statement));
  const model = await createTagModel({ files, device: 'cpu', batchSize: 2, threads: 1 });
  t.teardown(() => model.stop());
  const crops = [51, 102, 255].map((blue) =>
    Uint8Array.from({ length: SMALL_SIZE * SMALL_SIZE * 3 }, (_, i) => (i % 3 === 2 ? blue : 7)),
  );
  const scores = await model.score(crops);
  t.deepEqual(
    [...scores].map((score) => score.toFixed(5)),
    ['0.20000', '0.40000', '1.00000'],
  );
  t.like(model, { tag: 'pwatermark', name: 'small', digest: files.digest, batchInvariant: true });
});

test('a classifier of which no finite number comes is refused by what it is to the user', async (t) => {
  const build: OddModel['build'] = (graph, input) => {
    channelMeans(graph, input, 'means');
    // e to the power of at least 1 is no cosine.
    graph.node('Acos', [graph.node('Exp', [graph.node('Exp', ['means'])])], {}, 'embedding');
  };
  const statement = { kind: 'classifier', tag: 'pwatermark', class: 2, activation: 'none' };
  const files = await resolveTagModel(await writeOddModel(await temporaryFolder(t), { build }, statement));
  const error = await t.throwsAsync(createTagModel({ files, device: 'cpu', batchSize: 2, threads: 1 }), {
    code: 'BB_MODEL_GRAPH',
  });
  t.regex(error?.message ?? '', /^The pwatermark model .* gives no finite number/);
});
