import test from 'ava';
import fc from 'fast-check';
import { type Answer, type FeedbackRecord, KEEP_CHOICES, PAIR_CHOICES } from '../../src/feedback/answer.ts';

import { checkRecord } from '../../src/feedback/check.ts';
import { lineOf } from '../../src/feedback/line.ts';
import { LineScan } from '../../src/feedback/line-scan.ts';
import { parseLine } from '../../src/feedback/parse-line.ts';
import type { LineProblem } from '../../src/feedback/problems.ts';
import { ScannedAnswers } from '../../src/feedback/scanned-answers.ts';
import { schemaChecker } from '../helpers/schemas.ts';
import { pair, rating } from './records.ts';

const isValid = schemaChecker('feedback-line.schema.json');

/** What a scan finds in a line; undefined where it leaves that to others. */
function scannedAnswer(line: string): Answer | undefined {
  const bytes = Buffer.from(`${line}\n`);
  const scan = new LineScan();
  const end = scan.read(bytes, 0);
  if (end < 0) return undefined;
  const answers = new ScannedAnswers();
  answers.begin({ bytes, from: 0, to: end, position: 0, isAfterTooLong: false, isUnended: false });
  return end === bytes.length ? answers.answerOf(scan) : undefined;
}

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.constantFrom(
    '=cmd|calc',
    '<script>alert(1)</script>',
    '../../etc/passwd',
    'Zoë "Z" \\',
    'a\u202eb',
    'a\nb',
    '\ud800',
  ),
);
const hash = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }).map(String),
  fc.constantFrom(
    '0',
    '-0',
    '007',
    '9223372036854775807',
    '-9223372036854775808',
    '18446744073709551616',
    '1e3',
    '',
  ),
);
const anySample = fc.record({ hash, key: name }, { requiredKeys: [] });
const facts = {
  v: fc.constantFrom(1, 1, 1, 2),
  id: fc.oneof(fc.uuid(), fc.constantFrom('', 'a b', 'i-1')),
  question: fc.constantFrom('aesthetic', 'a', 'Aesthetic', ''),
  rater: name,
  time: fc.constantFrom(
    '2026-05-01T10:00:00.000Z',
    '2026-05-01T10:00:00Z',
    '2026-13-01T10:00:00Z',
    'yesterday',
  ),
  queue: name,
  seed: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0.5, -0)),
  swapped: fc.boolean(),
  took_ms: fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  other: fc.jsonValue(),
};
const optional = { requiredKeys: ['id', 'rater', 'mode', 'answer', 'question'] as const };
const anyLine = fc.oneof(
  fc.record(
    {
      ...facts,
      mode: fc.constant('pair'),
      answer: fc.constantFrom(...PAIR_CHOICES, 'keep', 3),
      left: anySample,
      right: anySample,
    },
    { requiredKeys: [...optional.requiredKeys, 'left', 'right'] },
  ),
  fc.record(
    {
      ...facts,
      mode: fc.constantFrom('rating', 'keep', 'likes', 'other'),
      answer: fc.oneof(
        fc.constantFrom(...KEEP_CHOICES, 'left'),
        fc.double({ min: -1, max: 12, noNaN: true }),
        fc.nat(),
      ),
      sample: anySample,
    },
    { requiredKeys: [...optional.requiredKeys, 'sample'] },
  ),
  fc.record({ v: facts.v, id: facts.id, rater: name, retracts: facts.id, time: facts.time }),
);

test('what a line says is what its JSON says, and its own line says the same again', (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(anyLine, (value) => {
      const line = JSON.stringify(value);
      const said = checkRecord(JSON.parse(line));
      t.deepEqual(parseLine(line), said);
      if (typeof said === 'string') return;
      accepted++;
      t.deepEqual(parseLine(lineOf(said)), said);
      t.is(lineOf(parseLine(lineOf(said)) as FeedbackRecord), lineOf(said));
      t.true(isValid(value), line);
    }),
    { numRuns: 1000 },
  );
  t.true(accepted > 30, String(accepted));
});

test('lines of plain answers are scanned, and say what JSON.parse and checks read', (t) => {
  const plain = fc.string({ unit: fc.constantFrom(...'azAZ09 <>&=+@._-/'), minLength: 1, maxLength: 12 });
  const samples = fc.record({
    hash: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map(String),
    key: plain,
  });
  const answers = fc.record(
    {
      ...{ v: fc.constant(1), id: fc.uuid(), question: fc.constant('useful'), mode: fc.constant('pair') },
      ...{ answer: fc.constantFrom(...PAIR_CHOICES), left: samples, right: samples, rater: plain },
      ...{
        time: facts.time.filter((time) => time.startsWith('2026-05')),
        queue: plain,
        seed: fc.nat(),
        swapped: fc.boolean(),
      },
      took_ms: fc.nat(),
    },
    { requiredKeys: ['v', 'id', 'question', 'mode', 'answer', 'left', 'right', 'rater'] },
  );
  fc.assert(
    fc.property(answers, (value) => {
      if (value.left.hash === value.right.hash) return;
      const line = JSON.stringify(value);
      t.deepEqual(scannedAnswer(line) as unknown, checkRecord(JSON.parse(line)));
    }),
    { numRuns: 200 },
  );
  t.deepEqual(scannedAnswer(lineOf(rating('r1'))), rating('r1'));
});

/** Lines as they are written, of all modes, with what a byte here and there may turn into. */
const writtenLine = fc
  .tuple(
    fc.constantFrom(
      lineOf(pair('p1', { seed: -7, swapped: false, queue: 'q' })),
      lineOf(
        pair('p2', {
          left: { hash: '-9223372036854775808' },
          right: { hash: '9223372036854775807', key: 'k' },
        }),
      ),
      lineOf(pair('p3', { left: { key: 'a b' }, right: { key: 'key:1' }, answer: 'both-bad' })),
      lineOf(rating('r1', { answer: 7.25 })),
      lineOf(rating('r2', { answer: 0.000001 })),
      lineOf(rating('r3', { answer: 'skip', tookMs: 0.5 })),
      lineOf({ ...rating('l1'), mode: 'likes', answer: 123456789012345 }),
      lineOf({ ...rating('k1'), mode: 'keep', answer: 'leave' }),
    ),
    fc.array(fc.tuple(fc.nat(400), fc.constantFrom(...'"\\{}:,-.0129TZabekluv \u0001é')), { maxLength: 2 }),
    fc.constantFrom('put', 'add', 'cut'),
  )
  .map(([line, changes, way]) => {
    const characters = [...line];
    for (const [place, character] of changes)
      characters.splice(
        place % characters.length,
        way === 'add' ? 0 : 1,
        ...(way === 'cut' ? [] : [character]),
      );
    return characters.join('');
  });

test('whatever happens to the bytes of a line, a scan takes it for what its JSON says, or leaves it alone', (t) => {
  let [scanned, others] = [0, 0];
  fc.assert(
    fc.property(writtenLine, (line) => {
      const said = scannedAnswer(line);
      if (said === undefined) {
        others++;
        return;
      }
      scanned++;
      t.deepEqual(said as unknown, parseLine(line), line);
      // Digests are made of such lines without writing them anew.
      t.is(lineOf(said), line);
    }),
    { numRuns: 4000 },
  );
  t.true(scanned > 500 && others > 500, `${scanned} ${others}`);
});

test('a hash is scanned up to the ends of its range, and a number that is written otherwise is not', (t) => {
  const line = lineOf(pair('p1', { left: { hash: '9223372036854775807' } }));
  t.truthy(scannedAnswer(line));
  t.is(scannedAnswer(line.replace('9223372036854775807', '9223372036854775808')), undefined);
  t.truthy(scannedAnswer(line.replace('9223372036854775807', '-9223372036854775808')));
  t.is(scannedAnswer(line.replace('9223372036854775807', '-9223372036854775809')), undefined);
  for (const number of ['7.50', '07', '1e1', '0.0000005', '10.5', '-0'])
    t.is(
      scannedAnswer(lineOf(rating('r1', { answer: 7 })).replace('"answer":7', `"answer":${number}`)),
      undefined,
    );
});

const good = JSON.parse(lineOf(pair('p1'))) as Record<string, unknown>;
const BROKEN: readonly (readonly [LineProblem, string])[] = [
  ['cut', lineOf(pair('p1')).slice(0, -20)],
  ['cut', '{"v":1,"id":"a\\"'],
  ['not-json', 'hello'],
  ['not-json', '{"v":1}}'],
  ['not-object', '[1]'],
  ['unknown-version', JSON.stringify({ ...good, v: 2 })],
  ['bad-id', JSON.stringify({ ...good, id: 'two words' })],
  ['bad-question', JSON.stringify({ ...good, question: 'Is it nice?' })],
  ['bad-rater', JSON.stringify({ ...good, rater: 'a\u001b[31mred' })],
  ['bad-rater', JSON.stringify({ ...good, rater: undefined })],
  ['bad-time', JSON.stringify({ ...good, time: '2026-05-01 10:00' })],
  ['bad-time', JSON.stringify({ ...good, time: '2026-02-30T10:00:00Z' })],
  ['bad-time', JSON.stringify({ ...good, time: '2025-02-29T10:00:00.000Z' })],
  ['bad-time', JSON.stringify({ ...good, time: '1900-02-29T10:00:00Z' })],
  ['bad-time', JSON.stringify({ ...good, time: '2026-04-31T10:00:00Z' })],
  ['bad-mode', JSON.stringify({ ...good, mode: 'stars' })],
  ['bad-answer', JSON.stringify({ ...good, answer: 'up' })],
  ['bad-answer', lineOf(rating('r1', { answer: 10.5 }))],
  ['bad-answer', '{"id":"l","question":"q","mode":"likes","answer":1e999,"sample":{"key":"k"},"rater":"r"}'],
  ['bad-sample', JSON.stringify({ ...good, left: { hash: 5 } })],
  ['bad-sample', JSON.stringify({ ...good, right: {} })],
  ['same-sample', JSON.stringify({ ...good, right: good['left'] })],
  ['bad-detail', JSON.stringify({ ...good, took_ms: -1 })],
  ['bad-detail', JSON.stringify({ ...good, took_ms: 777 }).replace('777', '1e999')],
];

for (const [number, [problem, line]] of BROKEN.entries()) {
  test(`a line is passed over as ${problem} (${number}): ${line.slice(0, 30)}... (${line.length})`, (t) => {
    t.is(parseLine(line), problem);
  });
}

test('every day that there is may be the day of an answer', (t) => {
  for (const day of ['2024-02-29', '2000-02-29', '2026-01-31', '2026-04-30', '2026-12-31']) {
    const line = JSON.stringify({ ...good, time: `${day}T10:00:00Z` });
    t.like(parseLine(line), { time: `${day}T10:00:00Z` });
  }
});

test('an unsigned hash is the same 64 bits read as signed, and fields of other names mean nothing', (t) => {
  const line = JSON.stringify({ ...good, left: { hash: '18446744073709551615', name: 'x' }, weight: 3 });
  const said = parseLine(line);
  t.deepEqual(said, pair('p1', { left: { hash: '-1' } }));
});
