import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { JSDOM } from 'jsdom';
import { evaluateHeads } from '../../src/evaluate/evaluate.ts';
import type { EvaluateOptions } from '../../src/evaluate/options.ts';
import { evaluationPlace, writeEvaluation } from '../../src/evaluate/output.ts';
import { showCollection } from '../../src/evaluate/shown.ts';
import { writePictures, writeRun } from '../browse/world.ts';
import { rating, writeFeedback } from '../feedback/records.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { schemaProblems } from '../helpers/schemas.ts';

const ROWS = 30;

test('an evaluation is written as a record and a page, with the pictures that lie on this machine', async (t) => {
  const folder = await makeFolder(t);
  const names = Array.from({ length: ROWS }, (_, i) => `${String(i).padStart(2, '0')}.jpg`);
  const run = await writeRun(
    folder,
    names.map((path, i) => ({ path, aesthetic: i / 3, punsafe: 1 - i / ROWS, hash: BigInt(100 + i) })),
  );
  await writePictures(folder, names);
  writeFileSync(join(folder, 'pictures', '29.jpg'), 'no picture');
  const feedback = await writeFeedback(
    join(folder, 'taste.jsonl'),
    names.map((_, i) =>
      rating(`r${i}`, { answer: i / 4, sample: { key: `0000${Math.floor(i / 10)}${i % 10}` } }),
    ),
  );
  const options: EvaluateOptions = {
    ...{
      heads: [],
      feedback: [feedback],
      queues: [],
      question: 'aesthetic',
      tag: 'aesthetic',
      embeddings: [],
    },
    scoreColumns: ['aesthetic', 'punsafe'].map((column) => ({ path: run, column })),
    ...{ takesAll: true, perRater: false, collectionRows: 100, resamples: 100, seed: 1 },
  };
  const progress = { note: (note: string) => t.fail(note), advance: () => undefined };
  const evaluation = await evaluateHeads(options, progress);
  const output = join(folder, 'evaluation');
  const place = await evaluationPlace(output, false);
  const shown = await showCollection(evaluation.collection!, options, progress);
  await writeEvaluation(place, evaluation, shown, 'bowerbird evaluate');

  const record = JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8'));
  t.deepEqual(schemaProblems('evaluation.schema.json', join(output, 'evaluation.json')), []);
  t.is(record.parts[0].heads[0].figures.spearman.value, 1);
  t.is(record.collection.disagreements[0].spearman, -1);
  const { document: page } = new JSDOM(readFileSync(join(output, 'evaluate.html'), 'utf8')).window;
  const top = page.querySelector('#disagreements .sheet')!;
  // The highest score of one head and the lowest of the other is of the file that is no picture.
  t.is(top.querySelector('li')!.textContent, '000029A 0.98 \u00B7 B 0.02');
  t.is(top.querySelectorAll('img').length, 11);
  t.is(page.querySelectorAll('#percentiles .sheet').length, 2 * 10);
  await t.throwsAsync(evaluationPlace(output, false), {
    code: 'BB_OUTPUT_EXISTS',
    message: /another --output-folder\./,
  });
  await t.throwsAsync(evaluationPlace(output, true, [join(output, 'evaluation.json')]), {
    code: 'BB_OUTPUT_EXISTS',
    message: /is an input/,
  });
  await t.throwsAsync(evaluationPlace(run, true), {
    code: 'BB_OUTPUT_FOLDER',
    message: /is a run, and an evaluation/,
  });
});
