import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkProvenance, inputProvenance } from '../../src/rescore/provenance.ts';
import { readProvenance } from '../helpers/read-parquet.ts';
import { ENCODER } from '../samples/provenance/origins.ts';
import {
  aestheticHead,
  errorOf,
  halfRows,
  headWeights,
  makeFolder,
  rescore,
  temporaryFolder,
  writeHead,
} from './setup.ts';

const DIMENSION = 8;

/** A folder of embeddings whose run.json names their encoder, as runs of before provenance was kept have it. */
async function makeOldRun(folder: string, encoder: string | undefined, seed: number): Promise<string> {
  await makeFolder(folder, DIMENSION, [{ number: '0', values: halfRows(seed, 5, DIMENSION).halves }]);
  if (encoder === undefined) return folder;
  const record = {
    format: 'bowerbird-run',
    settings: { transform: 'exact' },
    encoder: { name: encoder, digest: encoder.repeat(8), description: 'x' },
    heads: {},
    columns: {},
  };
  await writeFile(join(folder, 'run.json'), JSON.stringify(record));
  return folder;
}

test('embeddings of two encoders, or of one and an unknown one, are not scored as one until that is told', async (t) => {
  const folder = await temporaryFolder(t);
  const head = await writeHead(join(folder, 'head.json'), headWeights(3, DIMENSION), 4);
  const likes = await writeHead(join(folder, 'likes.json'), headWeights(4, DIMENSION), 0);
  const heads = [aestheticHead(head), { column: 'likes', path: likes }];
  const [one, two, unknown] = await Promise.all([
    makeOldRun(join(folder, 'one'), 'one', 1),
    makeOldRun(join(folder, 'two'), 'two', 2),
    makeOldRun(join(folder, 'unknown'), undefined, 3),
  ]);
  for (const inputs of [
    [one, two],
    [one, unknown],
  ]) {
    const error = await errorOf(rescore(inputs, join(folder, 'none'), { heads }));
    t.is(error.code, 'BB_PROVENANCE_MIXED');
    t.regex(error.message, /embeddings of "one"/);
  }
  const out = join(folder, 'out');
  const { outcome } = await rescore([one, two, unknown], out, { heads, isMixAllowed: true });
  t.is(outcome.state, 'done');
  const encoders: (string | undefined)[] = [];
  for (const id of [0, 1, 2]) {
    const { scores } = (await readProvenance(join(out, 'tags', `0000${id}.parquet`)))!;
    t.deepEqual(Object.keys(scores), ['aesthetic', 'punsafe', 'pwatermark', 'likes']);
    const [aesthetic] = scores['aesthetic']!;
    t.like(aesthetic, { from: 'head', stored: true, head: { name: 'head.json' } });
    if (aesthetic?.from === 'head') encoders.push(aesthetic.encoder?.model.name);
  }
  t.deepEqual(encoders, ['one', 'two', undefined]);
});

const INPUT = { encoder: ENCODER, tagOrigins: {} };
const HEADS = [{ column: 'aesthetic', head: { name: 'a', digest: 'd' } }] as never;

test('tags of the metadata keep their origin, and where it differs from folder to folder they are a mix', (t) => {
  const punsafe = [{ from: 'column', column: 'punsafe' }] as const;
  const given = inputProvenance(HEADS, { ...INPUT, tagOrigins: { punsafe } }, false);
  t.deepEqual(given.scores['punsafe'], punsafe);
  t.deepEqual(given.embeddings, ENCODER);
  const input = (folder: string, name: string): object => ({
    embeddings: `/${folder}/img_emb/img_emb_0.npy`,
    encoder: ENCODER,
    tagOrigins: { punsafe: [{ from: 'head', head: { name, digest: name }, encoder: ENCODER }] },
  });
  const plan = (...inputs: object[]): never => ({ inputs }) as never;
  const check = (...inputs: object[]): string[] =>
    checkProvenance(HEADS, plan(...inputs), { recomputeTags: false });
  t.throws(() => check(input('x', 'n'), input('y', 'm')), {
    code: 'BB_PROVENANCE_MIXED',
    message: /punsafe of \/x and of \/y/,
  });
  t.deepEqual(check(input('x', 'n'), input('y', 'n')), []);
  t.regex(
    check(input('x', 'n'), input('x', 'm')).join(),
    /punsafe is of 2 origins/,
    'one folder was written so',
  );
});
