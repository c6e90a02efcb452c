import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { describeJson, describeResult } from '../../src/cli/result-view.ts';
import { headIdentities, listHeadNotes } from '../../src/runs/head-record.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import {
  aestheticHead,
  halfRows,
  headWeights,
  makeFolder,
  rescore,
  temporaryFolder,
  writeHead,
} from './setup.ts';

const DIMENSION = 8;

test('a head that nothing ties to the encoder is called unproven in run.json, on the terminal and in the report', async (t) => {
  const folder = await temporaryFolder(t);
  await makeFolder(folder, DIMENSION, [{ number: '0', values: halfRows(1, 5, DIMENSION).halves }]);
  const head = await writeHead(join(folder, 'head.json'), headWeights(3, DIMENSION), 4);
  const out = join(folder, 'out');
  const { outcome } = await rescore([folder], out, { heads: [aestheticHead(head)] });
  if (outcome.state !== 'done') return t.fail(outcome.state);

  const record = JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));
  t.is(record.heads.aesthetic.encoder_proof, 'none');
  t.deepEqual(schemaProblems('run.schema.json', join(out, 'run.json')), []);
  const sentence = /Unproven: nothing states which encoder .*gives plausible, wrong scores/;
  t.regex(describeResult(outcome), sentence);
  t.regex(JSON.parse(describeJson(outcome)).head_notes.join('\n'), sentence);
  t.regex(await readFile(join(out, 'report.html'), 'utf8'), sentence);
});

test('a recognised layout is said, and a head that states its encoder has no note', (t) => {
  const name = { name: 'v2.pth', digest: 'd' };
  const notes = (head: object): string[] =>
    listHeadNotes({ aesthetic: { ...name, ...head }, punsafe: null }, 'e');
  t.deepEqual(notes({ encoder_proof: 'digest' }), []);
  t.deepEqual(notes({ encoder_proof: 'name' }), []);
  t.regex(notes({ encoder_proof: 'name', layout: 'a stack' }).join(), /v2\.pth was read as a stack/);
  t.regex(notes({ encoder_proof: 'none' }).join(), /which encoder the aesthetic head v2\.pth was trained on/);
  t.deepEqual(notes({}), [], 'a run of 0.1.0 does not say');
});

test('what is said about a head does not make it another one for a run that goes on', (t) => {
  const old = { aesthetic: { name: 'a', digest: 'd' }, punsafe: null };
  const now = { aesthetic: { name: 'a', digest: 'd', encoder_proof: 'none' as const }, punsafe: null };
  t.deepEqual(headIdentities(old), headIdentities(now));
});
