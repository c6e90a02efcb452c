import test from 'ava';
import type { Head } from '../../src/heads/head.ts';
import { headIdentities, headNotes, listHeadNotes, recordHead } from '../../src/runs/head-record.ts';

function headWith(changes: Partial<Head> = {}): Head {
  return {
    ...{ name: 'linear', digest: 'd1', computes: 'c1', dimension: 2 },
    ...{ requiresUnitNorm: true, isProbability: false },
    score: (_, count) => new Float64Array(count),
    scoreMany: async (_, count) => ({ scores: new Float64Array(count) }),
    ...changes,
  };
}

const ENCODER = { encoderName: 'builtin', encoderDigest: 'e1', dimension: 2 };

test('a record says what shows that a head belongs to the encoder: its digest, its name, or nothing', (t) => {
  t.is(recordHead(headWith({ encoder: { name: 'x', digest: 'e1' } }), ENCODER).encoder_proof, 'digest');
  t.is(recordHead(headWith({ encoder: { name: 'builtin' } }), ENCODER).encoder_proof, 'name');
  t.is(recordHead(headWith(), ENCODER).encoder_proof, 'none');
  t.is(recordHead(headWith({ encoder: { digest: 'e1' } }), undefined).encoder_proof, 'none');
});

test('a head of another encoder, or of another dimension, is not recorded', (t) => {
  for (const head of [headWith({ encoder: { digest: 'e2' } }), headWith({ dimension: 3 })])
    t.throws(() => recordHead(head, ENCODER), { code: 'BB_HEAD_MISMATCH' });
});

test('a layout is recorded where the layers were taken for a published network, and left out elsewhere', (t) => {
  t.is(recordHead(headWith({ layout: 'a known one' }), ENCODER).layout, 'a known one');
  t.false('layout' in recordHead(headWith(), ENCODER));
});

test('two heads are one by name and digest, whatever else is said of them', (t) => {
  const bare = { aesthetic: { name: 'linear', digest: 'd1' }, punsafe: null };
  const told = {
    aesthetic: { ...bare.aesthetic, encoder_proof: 'name', layout: 'x' },
    punsafe: null,
  } as const;
  t.deepEqual(headIdentities(told), headIdentities(bare));
  t.notDeepEqual(headIdentities({ aesthetic: { name: 'linear', digest: 'd2' } }), headIdentities(bare));
  const label = { transform: 'log1p', unit: 'likes' } as const;
  t.notDeepEqual(
    headIdentities({ ...bare, aesthetic: { ...bare.aesthetic, label } }),
    headIdentities(bare),
    'a label makes a column',
  );
});

test('a person is told of a head that nothing ties to the encoder, and of one whose layers were recognised', (t) => {
  const unproven = { name: 'linear', digest: 'd1', encoder_proof: 'none' } as const;
  t.regex(
    headNotes('punsafe', unproven, 'e1').unproven!,
    /which encoder the punsafe head linear was trained on/,
  );
  t.regex(
    headNotes('punsafe', unproven, '').unproven!,
    /which encoder made the embeddings that the punsafe head/,
  );
  t.deepEqual(headNotes('punsafe', { ...unproven, encoder_proof: 'name' }, 'e1'), {});
  t.deepEqual(headNotes('punsafe', { name: 'linear', digest: 'd1' }, 'e1'), {});
  t.regex(headNotes('x', { name: 'l', digest: 'd', layout: 'LAION' }, 'e').layout!, /l was read as LAION/);
});

test('the notes of a run come head by head, what is unproven first', (t) => {
  const both = { name: 'l', digest: 'd', encoder_proof: 'none', layout: 'LAION' } as const;
  const notes = listHeadNotes(
    { aesthetic: both, punsafe: null, own: { ...both, encoder_proof: 'name' } },
    'e',
  );
  t.deepEqual(
    notes.map((note) => note.split(' ')[0]),
    ['Unproven:', 'l', 'l'],
  );
  const label = { transform: 'log1p', unit: 'likes' } as const;
  const labelled = {
    aesthetic: { name: 'l', digest: 'd', label },
    second: { name: 'l', digest: 'd', label },
  };
  t.is(listHeadNotes(labelled, 'e').length, 2);
  t.regex(listHeadNotes(labelled, 'e', 3)[1]!, /^The threshold 3 is one of aesthetic/);
  t.is(listHeadNotes(labelled, 'e', 3).length, 3);
});
