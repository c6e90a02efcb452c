import test from 'ava';
import { checkValues } from '../../src/cli/flags.ts';
import { scoreConfig } from '../../src/cli/score-config.ts';
import { SCORE_FLAGS } from '../../src/cli/score-flags.ts';
import { resultSettings, type ScoreConfig } from '../../src/pipeline/config.ts';

const defaults = Object.fromEntries(Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]));

function configOf(flags: Readonly<Record<string, unknown>>): ScoreConfig {
  const values = checkValues(SCORE_FLAGS, { ...defaults, 'output-folder': 'out', ...flags });
  return scoreConfig(values, ['a.parquet'], '');
}

test('without flags no fact of a file is kept, none verified, and all columns go through', (t) => {
  const { keptFacts, verifiedHash, savedColumns } = configOf({});
  t.deepEqual(
    { keptFacts, verifiedHash, savedColumns },
    { keptFacts: { hash: undefined, exif: false }, verifiedHash: undefined, savedColumns: undefined },
  );
});

test('flags are taken as img2dataset takes them, lists as JSON too', (t) => {
  const flags = { 'compute-hash': 'sha256', 'extract-exif': true };
  const lists = { 'verify-hash': '["my,md5","md5"]', 'save-additional-columns': '["similarity","WIDTH"]' };
  t.like(configOf({ ...flags, ...lists }), {
    keptFacts: { hash: 'sha256', exif: true },
    verifiedHash: { column: 'my,md5', type: 'md5' },
    savedColumns: ['similarity', 'WIDTH'],
  });
  t.deepEqual(configOf({ 'save-additional-columns': 'a,b' }).savedColumns, ['a', 'b']);
  t.deepEqual(configOf({ 'save-additional-columns': '[]' }).savedColumns, []);
  t.like(configOf({ 'verify-hash': 'sum,sha512' }), { verifiedHash: { column: 'sum', type: 'sha512' } });
});

test('--verify-hash takes a column and a type that there is', (t) => {
  for (const given of ['md5', 'sum,crc32', 'sum,md5,sha256', ''])
    t.throws(() => configOf({ 'verify-hash': given }), {
      code: 'BB_USAGE',
      message: /--verify-hash takes a column and what it holds, one of md5, sha256, sha512/,
    });
});

test('they are settings of a run, which a rerun has to repeat; not given, they are those of runs of before', (t) => {
  const names = ['compute_hash', 'verify_hash', 'extract_exif', 'save_additional_columns', 'compute_phash'];
  const settings = resultSettings(configOf({}));
  t.deepEqual(
    names.map((name) => settings[name]),
    [null, null, null, null, null],
  );
  const flags = {
    'compute-hash': 'md5',
    'verify-hash': 'sum,md5',
    'extract-exif': true,
    'compute-phash': true,
  };
  t.like(resultSettings(configOf({ ...flags, 'save-additional-columns': 'a' })), {
    ...{ compute_hash: 'md5', verify_hash: ['sum', 'md5'], extract_exif: true, compute_phash: true },
    save_additional_columns: ['a'],
  });
});
