import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { goOnFrom, keepPlaces } from '../../src/runs/run-changes.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { inputWith, recordWith, sessionAt, THRESHOLDS } from './setup.ts';

/** What is said to differ between a record and the same one with changes. */
function differences(changes: Partial<RunRecord>, extend = false): unknown {
  try {
    goOnFrom(recordWith(), recordWith(changes), extend);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof BowerbirdError) || thrown.code !== 'BB_RUN_CHANGED') throw thrown;
    return thrown.fields['differences'];
  }
}

test('a folder without a record begins with the present one', (t) => {
  const present = recordWith();
  t.is(goOnFrom(undefined, present, false), present);
  t.is(goOnFrom(undefined, present, true), present);
});

test('the same inputs and settings go on, with the sessions of both', (t) => {
  const later = sessionAt('2024-02-02T00:00:00.000Z');
  const record = goOnFrom(recordWith(), recordWith({ sessions: [later] }), false);
  t.deepEqual(record, recordWith({ sessions: [...recordWith().sessions, later] }));
});

test('thresholds, the version, what is said of a head and which hosts may be asked may change, and are the present ones', (t) => {
  const changes: Partial<RunRecord> = {
    bowerbird_version: '9.0.0',
    thresholds: { ...THRESHOLDS, min_aesthetic: 7 },
    settings: { ...recordWith().settings, allow_private_addresses: true },
    heads: { ...recordWith().heads, aesthetic: { name: 'builtin', digest: 'h1', encoder_proof: 'digest' } },
  };
  t.deepEqual(differences(changes), []);
  const record = goOnFrom(recordWith(), recordWith(changes), false);
  t.like(record, { bowerbird_version: '9.0.0', thresholds: { min_aesthetic: 7 } });
});

test('the version of an earlier start stays on record, also where that start told none', (t) => {
  const { bowerbird_version: _, ...old } = sessionAt('2024-01-01T00:00:00.000Z');
  const existing = recordWith({ bowerbird_version: '0.1.0', sessions: [old] });
  const record = goOnFrom(existing, recordWith(), false);
  t.deepEqual(
    record.sessions.map(({ bowerbird_version }) => bowerbird_version),
    ['0.1.0', '0.2.0'],
  );
});

test('what a run once allowed stays on record when it goes on without', (t) => {
  const loose = { ...recordWith().settings, allow_private_addresses: true, tls_insecure: true };
  const strict = { ...loose, allow_private_addresses: false, tls_insecure: false };
  const record = goOnFrom(recordWith({ settings: loose }), recordWith({ settings: strict }), false);
  t.deepEqual(record.settings, loose);
  const kept = goOnFrom(recordWith({ settings: strict }), recordWith({ settings: strict }), false);
  t.deepEqual(kept.settings, strict);
});

const { settings, columns, encoder, heads, inputs } = recordWith();

for (const [what, changes, expected] of [
  ['a setting', { settings: { ...settings, batch_size: 9 } }, ['--batch-size was 8, is 9']],
  [
    'a setting that was not known',
    { settings: { ...settings, robots: true } },
    ['--robots was null, is true'],
  ],
  ['a column', { columns: { ...columns, caption: 'ALT' } }, ['the caption column was "TEXT", is "ALT"']],
  ['a column that is gone', { columns: { url: 'URL' } }, ['the caption column was "TEXT", is null']],
  ['the encoder', { encoder: { ...encoder, digest: 'e2' } }, [`the encoder's digest was "e1", is "e2"`]],
  [
    'what the encoder runs on',
    { encoder: { ...encoder, provider: 'cuda' } },
    [`the encoder's provider was "cpu", is "cuda"`],
  ],
  [
    'a head',
    { heads: { ...heads, aesthetic: { name: 'builtin', digest: 'h2' } } },
    ['the aesthetic head was {"name":"builtin","digest":"h1"}, is {"name":"builtin","digest":"h2"}'],
  ],
  [
    'a further head',
    { heads: { ...heads, punsafe: { name: 'x', digest: 'h3' } } },
    ['the punsafe head was null, is {"name":"x","digest":"h3"}'],
  ],
  ['an input that is gone', { inputs: inputs.slice(1) }, ['input /in/a.parquet is gone']],
  ['a new input', { inputs: [...inputs, inputWith('/in/c.parquet')] }, ['input /in/c.parquet is new']],
  [
    'the content of an input',
    { inputs: [inputs[0]!, inputWith('/in/b.parquet', 'other')] },
    ['input /in/b.parquet has other content'],
  ],
  [
    'several things at once',
    { settings: { ...settings, transform: 'fast' }, inputs: [inputs[0]!, inputWith('/in/c.parquet')] },
    ['--transform was "exact", is "fast"', 'input /in/b.parquet is gone', 'input /in/c.parquet is new'],
  ],
] as const satisfies readonly (readonly [string, Partial<RunRecord>, readonly string[]])[]) {
  test(`a run whose record differs in ${what} is refused, and the difference is named`, (t) => {
    t.deepEqual(differences(changes), expected);
  });
}

test('the refusal names every difference and the ways on', (t) => {
  const error = t.throws(() => goOnFrom(recordWith(), recordWith({ inputs: [] }), false));
  t.regex(error.message, / {2}- input \/in\/a\.parquet is gone\n {2}- input \/in\/b\.parquet is gone\n/);
  for (const way of ['--output-folder', '--incremental-mode extend', '--incremental-mode overwrite'])
    t.true(error.message.includes(way), way);
});

test('an extension takes new inputs, and only those', (t) => {
  const added = [...inputs, inputWith('/in/c.parquet')];
  t.deepEqual(differences({ inputs: added }, true), []);
  t.deepEqual(goOnFrom(recordWith(), recordWith({ inputs: added }), true).inputs, added);
  t.deepEqual(differences({ inputs: added.slice(1) }, true), ['input /in/a.parquet is gone']);
  t.deepEqual(differences({ inputs: [inputWith('/in/a.parquet', 'other'), ...added.slice(1)] }, true), [
    'input /in/a.parquet has other content',
  ]);
  t.deepEqual(differences({ inputs: added, settings: { ...settings, batch_size: 9 } }, true), [
    '--batch-size was 8, is 9',
  ]);
});

test('an extension may not change the columns of all', (t) => {
  const schema = [...recordWith().schema, { name: 'extra', type: 'VARCHAR' }];
  t.deepEqual(differences({ schema }, true), ['the new inputs have other columns or types']);
  t.throws(() => goOnFrom(recordWith(), recordWith({ schema }), true), { message: /cannot be extended/ });
});

function recorded(paths: readonly string[]): { inputs: Parameters<typeof keepPlaces>[1]['inputs'] } {
  return {
    inputs: paths.map((path) => ({ path, format: 'parquet', rows: 1, bytes: 1, fingerprint: '' })),
  };
}

test('the inputs of a run keep their places, and others come after them in the order in which they are given', (t) => {
  const kept = keepPlaces(['a', 'b', 'c', 'd'], recorded(['c', 'a']), (path) => path);
  t.deepEqual(kept, ['c', 'a', 'b', 'd']);
});

test('an input that is gone leaves no gap, and of a run without inputs all are new', (t) => {
  t.deepEqual(
    keepPlaces([{ at: 'b' }, { at: 'c' }], recorded(['a', 'c', 'b']), ({ at }) => at),
    [{ at: 'c' }, { at: 'b' }],
  );
  t.deepEqual(
    keepPlaces(['b', 'a'], recorded([]), (path) => path),
    ['b', 'a'],
  );
});
