import test from 'ava';
import { partLines } from '../../src/cli/parts-view.ts';
import type { PlayedPart } from '../../src/tables/played-parts.ts';

const HASH: PlayedPart = {
  part: 'hash',
  column: 'id',
  types: ['VARCHAR'],
  converted_to: 'int64',
  missing: 1,
  computed_from: ['url', 'text'],
  empty_column: null,
};

test('of a hash that is missing it is said what takes its place, and only words that stand for none are named', (t) => {
  t.is(
    partLines([HASH]),
    'Columns of the input:\n  hash       id; VARCHAR read as int64; 1 value is none (null, empty), computed from url and text',
  );
  t.is(
    partLines([{ ...HASH, computed_from: null, missing: 2 }], 'tags'),
    'Columns of the tags:\n  hash       id; VARCHAR read as int64; 2 values are none (null, empty)',
  );
  t.regex(
    partLines([{ ...HASH, part: 'punsafe', computed_from: null }]),
    /1 value is none \(null, empty, NA, \.\.\.\)$/,
  );
});
