import test from 'ava';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { NULL_TYPE } from '../../src/tables/columns.ts';
import { unifySchemas } from '../../src/tables/schema.ts';

function typeOf(...types: (string | { text: string })[]): string {
  const files = types.map((type, i) => ({
    path: `/data/${i}`,
    soft: typeof type !== 'string',
    columns: [{ name: 'c', type: typeof type === 'string' ? type : type.text }],
  }));
  return unifySchemas(files)[0]!.type;
}

test('integers widen, and integers and fractions meet as DOUBLE', (t) => {
  t.is(typeOf('INTEGER', 'BIGINT'), 'BIGINT');
  t.is(typeOf('UINTEGER', 'INTEGER'), 'BIGINT');
  t.is(typeOf('BIGINT', 'DOUBLE'), 'DOUBLE');
  t.is(typeOf('FLOAT', 'INTEGER'), 'DOUBLE');
  t.is(typeOf('FLOAT', 'DOUBLE'), 'DOUBLE');
  t.is(typeOf('FLOAT', 'FLOAT'), 'FLOAT');
  t.is(typeOf('DECIMAL(4,2)', 'DECIMAL(6,3)'), 'DOUBLE');
  t.is(typeOf('STRUCT(a INTEGER)', 'STRUCT(a INTEGER)'), 'STRUCT(a INTEGER)');
});

test('a column without values takes any type', (t) => {
  t.is(typeOf(NULL_TYPE, 'VARCHAR'), 'VARCHAR');
  t.is(typeOf('DATE', NULL_TYPE), 'DATE');
  t.is(typeOf({ text: NULL_TYPE }, { text: NULL_TYPE }), 'INTEGER');
});

test('a type guessed from text gives way to text', (t) => {
  t.is(typeOf({ text: 'BIGINT' }, { text: 'VARCHAR' }), 'VARCHAR');
  t.is(typeOf('VARCHAR', { text: 'DOUBLE' }), 'VARCHAR');
  t.is(typeOf({ text: 'BIGINT' }, 'DOUBLE'), 'DOUBLE');
});

test('columns are matched whatever their case, and stand in order of first sight', (t) => {
  const unified = unifySchemas([
    { path: 'a', soft: false, columns: [{ name: 'URL', type: 'VARCHAR' }] },
    {
      path: 'b',
      soft: false,
      columns: [
        { name: 'hash', type: 'BIGINT' },
        { name: 'url', type: 'VARCHAR' },
      ],
    },
  ]);
  t.deepEqual(
    unified.map(({ name }) => name),
    ['URL', 'hash'],
  );
});

for (const [a, b] of [
  ['VARCHAR', 'BIGINT'],
  ['UBIGINT', 'BIGINT'],
  ['VARCHAR', 'BLOB'],
  ['BOOLEAN', 'INTEGER'],
  ['INTEGER[]', 'VARCHAR'],
] as const) {
  test(`${a} and ${b} do not meet: the column and both files are named`, (t) => {
    const error = t.throws<BowerbirdError>(() => typeOf(a, b), { code: 'BB_SCHEMA_MISMATCH' });
    t.regex(error!.message, /"c".*\/data\/0.*\/data\/1/);
  });
}
