import test from 'ava';
import { provenanceNotes, type ScoreSide, uniteScores } from '../../../src/samples/provenance/mixing.ts';
import type { ModelOrigin, ScoreOrigin } from '../../../src/samples/provenance/origin.ts';
import { byHead, ENCODER, ENCODER_ON_CUDA } from './origins.ts';

const side = (
  path: string,
  aesthetic: readonly ScoreOrigin[],
  punsafe: readonly ScoreOrigin[] = [],
): ScoreSide => ({
  path,
  scores: { aesthetic, punsafe },
});
const UNSTATED: ScoreOrigin = { from: 'column', column: 'aesthetic' };

test('scores of two heads are refused, with both sides in words; told to mix, both are on record', (t) => {
  const sides = [side('runs/a', [byHead('first')]), side('runs/b', [byHead('second')])];
  const error = t.throws(() => uniteScores(sides, false), { code: 'BB_PROVENANCE_MIXED' });
  t.regex(error.message, /aesthetic of runs\/a and of runs\/b/);
  t.regex(error.message, /the first has it from the head "first".*, the second from the head "second"/);
  t.regex(error.message, /--mixed-provenance/);
  t.deepEqual(uniteScores(sides, true), { aesthetic: [byHead('first'), byHead('second')], punsafe: [] });
});

test('where models have one name and other digests, what may make the difference is told; else not', (t) => {
  const half = { ...ENCODER, model: { ...ENCODER.model, digest: 'f'.repeat(64) } };
  const refusedWith = (encoder: ModelOrigin, head = 'x'): string =>
    t.throws(() => uniteScores([side('a', [byHead('x')]), side('b', [byHead(head, encoder)])], false))
      .message;
  t.regex(refusedWith(half), /--dtype or --operators/);
  t.notRegex(refusedWith({ ...half, model: { ...half.model, name: 'other' } }), /--dtype/);
  t.notRegex(refusedWith(ENCODER, 'y'), /--dtype/);
});

test('of computed scores and those of a file that says nothing the first are not taken for the second', (t) => {
  const error = t.throws(
    () => uniteScores([side('tags.parquet', [UNSTATED]), side('run', [byHead('a')])], false),
    { code: 'BB_PROVENANCE_MIXED' },
  );
  t.regex(
    error.message,
    /^Nothing shows that the aesthetic of tags\.parquet and of run are .* from a file that does not say/,
  );
});

test('the column that differs is named: an equal aesthetic does not hide a punsafe of another head', (t) => {
  const sides = [side('a', [byHead('x')], [byHead('n')]), side('b', [byHead('x')], [byHead('m')])];
  t.regex(t.throws(() => uniteScores(sides, false)).message, /^The punsafe of a and of b/);
});

test('equal origins, and sides without the score, are no mix', (t) => {
  const sides = [side('a', [byHead('x')]), side('b', [byHead('x')], [byHead('n')]), side('c', [])];
  t.deepEqual(uniteScores(sides, false), { aesthetic: [byHead('x')], punsafe: [byHead('n')] });
  t.deepEqual(uniteScores([], false), {});
});

test('more of what one side has mixed already is taken, a third origin is not', (t) => {
  const mix = side('mix', [byHead('x'), byHead('y')]);
  t.is(uniteScores([side('a', [byHead('x')]), mix], false)['aesthetic']!.length, 2);
  t.is(uniteScores([mix, side('a', [byHead('y')])], false)['aesthetic']!.length, 2);
  const error = t.throws(() => uniteScores([mix, side('c', [byHead('z')])], false));
  t.regex(
    error.message,
    /the first has it from the head "x".* and the head "y".*, the second from the head "z"/,
  );
});

test('a person is told of what was mixed, and of several providers; of nothing else', (t) => {
  t.deepEqual(provenanceNotes({ aesthetic: [byHead('x')], punsafe: [] }), []);
  const providers = uniteScores([side('a', [byHead('x')]), side('b', [byHead('x', ENCODER_ON_CUDA)])], false);
  t.deepEqual(provenanceNotes(providers), [
    'The aesthetic was computed on cpu and cuda, which differ in its last digits.',
  ]);
  const [note, ...others] = provenanceNotes({ aesthetic: [byHead('x'), UNSTATED] });
  t.regex(note!, /aesthetic is of 2 origins: the head "x".*; a file that does not say/);
  t.deepEqual(others, []);
});
