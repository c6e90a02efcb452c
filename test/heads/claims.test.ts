import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Ajv from 'ajv';
import test, { type ExecutionContext } from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { packageFolder } from '../../src/base/package.ts';
import { checkHead, checkUnitNorms } from '../../src/heads/check.ts';
import type { Head } from '../../src/heads/head.ts';
import { loadHead } from '../../src/heads/load.ts';
import { filesIn, jsonHead, refusal } from './setup.ts';

const DIGEST = 'a'.repeat(64);
const OTHER_DIGEST = 'b'.repeat(64);

async function headWith(t: ExecutionContext, claims: object, weights = [3, 4]): Promise<Head> {
  const folder = await filesIn(t, { 'head.json': jsonHead(weights, 0.5, claims) });
  return loadHead(join(folder, 'head.json'), { tag: 'aesthetic' });
}

function mismatch(t: ExecutionContext, check: () => void): string {
  const error = t.throws(check, { instanceOf: BowerbirdError });
  t.is(error.code, 'BB_HEAD_MISMATCH');
  return error.message;
}

const encoder = { encoderName: 'vit', encoderDigest: DIGEST, dimension: 2 };

test('a head of another dimension is refused, naming both dimensions and the encoder', async (t) => {
  const head = await headWith(t, {});
  const message = mismatch(t, () => checkHead(head, { ...encoder, dimension: 768 }));
  t.regex(message, /head\.json takes embeddings of 2 dimensions, but the encoder vit gives 768/);
});

test('a head that states no encoder fits every encoder of its dimension', async (t) => {
  const head = await headWith(t, {});
  t.notThrows(() => checkHead(head, encoder));
});

test('a head by the name of another encoder is refused, naming both', async (t) => {
  const head = await headWith(t, { encoder: { name: 'rn50' } });
  t.regex(
    mismatch(t, () => checkHead(head, encoder)),
    /encoder rn50, but the run's encoder is vit/,
  );
  t.notThrows(() => checkHead(head, { ...encoder, encoderName: 'rn50' }));
});

test('a stated digest decides over the name, and both digests are named', async (t) => {
  const head = await headWith(t, { encoder: { name: 'vit', digest: OTHER_DIGEST } });
  const message = mismatch(t, () => checkHead(head, encoder));
  t.true(message.includes(DIGEST) && message.includes(OTHER_DIGEST));
  t.notThrows(() => checkHead(head, { encoderName: 'renamed', encoderDigest: OTHER_DIGEST, dimension: 2 }));
});

test('a head for unit embeddings refuses others, naming the row and its norm', async (t) => {
  const head = await headWith(t, {});
  t.notThrows(() => checkUnitNorms(head, Float32Array.of(0.6, 0.8, 1, 0), 2));
  t.regex(
    mismatch(t, () => checkUnitNorms(head, Float32Array.of(1, 0, 3, 4), 2)),
    /embedding 1 has the norm 5/,
  );
  mismatch(t, () => checkUnitNorms(head, Float32Array.of(0, 0), 1));
  mismatch(t, () => checkUnitNorms(head, Float32Array.of(Number.NaN, 0), 1));
});

test('an embedding of norm 1 within a thousandth passes, and one that is further off does not', async (t) => {
  const head = await headWith(t, {});
  for (const norm of [0.9992, 1.0008]) t.notThrows(() => checkUnitNorms(head, Float32Array.of(0, norm), 1));
  for (const norm of [0.9988, 1.0012]) mismatch(t, () => checkUnitNorms(head, Float32Array.of(0, norm), 1));
});

test('unit embeddings that were stored as float16 still pass', async (t) => {
  // 0.6 and 0.8 rounded to 11 bits, both upwards or both downwards by as much as float16 can.
  const head = await headWith(t, {});
  for (const error of [2 ** -11, -(2 ** -11)]) {
    t.notThrows(() => checkUnitNorms(head, Float32Array.of(0.6 * (1 + error), 0.8 * (1 + error)), 1));
  }
});

test('a head for embeddings of any length takes any length', async (t) => {
  const head = await headWith(t, { unit_norm: false });
  t.notThrows(() => checkUnitNorms(head, Float32Array.of(3, 4), 1));
});

test('a head that gives another tag is refused', async (t) => {
  const folder = await filesIn(t, {
    'head.json': jsonHead([1], 0, { tag: 'aesthetic', activation: 'sigmoid' }),
  });
  const error = await refusal(join(folder, 'head.json'), 'punsafe');
  t.is(error.code, 'BB_HEAD_MISMATCH');
  t.regex(error.message, /gives aesthetic, but is asked for punsafe/);
});

test('a head for a probability must say what its output is', async (t) => {
  const folder = await filesIn(t, {
    'silent.json': jsonHead([1], 0),
    'logit.json': jsonHead([2], 0, { activation: 'sigmoid' }),
    'probability.json': jsonHead([2], 0, { activation: 'none' }),
  });
  t.regex((await refusal(join(folder, 'silent.json'), 'pwatermark')).message, /"activation": "sigmoid"/);
  const logit = await loadHead(join(folder, 'logit.json'), { tag: 'punsafe' });
  t.is(logit.linear, undefined);
  const scores = logit.score(Float32Array.of(0, 1, 1000, -1000), 4);
  t.deepEqual([...scores], [0.5, 1 / (1 + Math.exp(-2)), 1, 0]);
  const probability = await loadHead(join(folder, 'probability.json'), { tag: 'punsafe' });
  t.deepEqual([...probability.score(Float32Array.of(0.25), 1)], [0.5]);
});

test('the digest is that of the file, and changes with its manifest', async (t) => {
  const content = jsonHead([1], 0);
  const folder = await filesIn(t, { 'head.json': content });
  const head = await loadHead(join(folder, 'head.json'), { tag: 'aesthetic' });
  t.is(head.digest, createHash('sha256').update(content).digest('hex'));

  const fixture = await readFile(join(packageFolder, 'test', 'heads', 'fixtures', 'linear.pth'));
  const manifest = '{"unit_norm": false}';
  const foreign = await filesIn(t, { 'linear.pth': fixture, 'linear.pth.json': manifest });
  const linear = await loadHead(join(foreign, 'linear.pth'), { tag: 'aesthetic' });
  t.is(linear.digest, createHash('sha256').update(fixture).update(manifest).digest('hex'));
});

test('embeddings that are not as many as said are refused', async (t) => {
  const head = await headWith(t, {});
  t.throws(() => head.score(Float32Array.of(1, 2, 3), 1), { message: /3 values are not 1 embeddings of 2/ });
});

test('our JSON heads and the schema agree', async (t) => {
  const schema = JSON.parse(await readFile(join(packageFolder, 'schemas', 'head.schema.json'), 'utf8'));
  const validate = new Ajv.default({ strict: true }).compile(schema);
  const builtIn = await readFile(join(packageFolder, 'assets', 'encoders', 'builtin', 'head.json'), 'utf8');
  t.true(validate(JSON.parse(builtIn)), JSON.stringify(validate.errors));
  t.true(validate(JSON.parse(jsonHead([1], 0, { encoder: { digest: DIGEST }, activation: 'sigmoid' }))));
  for (const wrong of [
    { scale: 1 },
    { activation: 'tanh' },
    { encoder: {} },
    { version: 2 },
    { layers: [] },
  ]) {
    t.false(validate(JSON.parse(jsonHead([1], 0, wrong))), JSON.stringify(wrong));
  }
});

test('a head says what its scores stand for; of a probability, or by a transform that nobody knows, it is refused', async (t) => {
  const label = { transform: 'sqrt-log', unit: 'likes' };
  t.deepEqual((await headWith(t, { label })).label, label);
  const refusedWith = async (claims: object): Promise<string> => {
    const folder = await filesIn(t, { 'head.json': jsonHead([3, 4], 0.5, claims) });
    const error = await refusal(join(folder, 'head.json'));
    t.is(error.code, 'BB_HEAD_REFUSED');
    return error.message;
  };
  t.regex(await refusedWith({ label, activation: 'sigmoid' }), /states a label/);
  t.regex(await refusedWith({ label: { ...label, transform: 'log2' } }), /log1p, sqrt-log, cbrt-log/);
});

test('a head states what it learned from, and one whose statement is not whole is refused', async (t) => {
  const training = {
    ...{ method: 'ridge', mode: 'rating', question: 'aesthetic', feedback_digest: DIGEST },
    held_out_by: ['hash', 'key'],
  };
  const head = await headWith(t, { training });
  const schema = JSON.parse(await readFile(join(packageFolder, 'schemas', 'head.schema.json'), 'utf8'));
  t.true(new Ajv.default({ strict: true }).validate(schema, JSON.parse(jsonHead([1], 0, { training }))));
  t.deepEqual(head.training, {
    ...{ method: 'ridge', mode: 'rating', question: 'aesthetic', feedbackDigest: DIGEST },
    heldOutBy: ['hash', 'key'],
  });
  // It computes what one without computes.
  t.is(head.computes, (await headWith(t, {})).computes);
  for (const wrong of [
    { ...training, feedback_digest: 'abc' },
    { ...training, held_out_by: ['url'] },
    { ...training, held_out_by: 'hash' },
    { ...training, more: 1 },
    { ...training, question: undefined },
  ])
    await t.throwsAsync(headWith(t, { training: wrong }), { code: 'BB_HEAD_REFUSED', message: /training/ });
});
