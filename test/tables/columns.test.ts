import test from 'ava';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { passedColumns } from '../../src/shards/output-columns.ts';
import type { ColumnMapping, SchemaColumn } from '../../src/tables/columns.ts';
import { findColumns, findParts } from '../../src/tables/parts.ts';

function schemaOf(definition: string): SchemaColumn[] {
  return definition.split(', ').map((column) => {
    const [name, type = 'VARCHAR'] = column.split(' ');
    return { name: name!, type };
  });
}

const LAION = { url: 'URL', caption: 'TEXT' };
const SCHEMAS: Record<string, [definition: string, mapping: ColumnMapping]> = {
  'LAION-400M': [
    'SAMPLE_ID DOUBLE, URL, TEXT, HEIGHT DOUBLE, WIDTH DOUBLE, LICENSE, NSFW, similarity DOUBLE',
    LAION,
  ],
  'LAION-2B-en, multi and nolang': [
    'SAMPLE_ID BIGINT, URL, TEXT, HEIGHT BIGINT, WIDTH BIGINT, LICENSE, LANGUAGE, NSFW, similarity DOUBLE',
    LAION,
  ],
  'LAION-5B joined': [
    'SAMPLE_ID BIGINT, URL, TEXT, HEIGHT INTEGER, WIDTH INTEGER, LICENSE, LANGUAGE, NSFW, similarity DOUBLE, hash BIGINT, punsafe DOUBLE, pwatermark DOUBLE, aesthetic DOUBLE',
    { ...LAION, hash: 'hash', aesthetic: 'aesthetic', punsafe: 'punsafe', pwatermark: 'pwatermark' },
  ],
  'LAION aesthetics v2': [
    'URL, TEXT, WIDTH BIGINT, HEIGHT BIGINT, similarity DOUBLE, punsafe DOUBLE, pwatermark DOUBLE, AESTHETIC_SCORE DOUBLE, hash BIGINT, __index_level_0__ BIGINT',
    { ...LAION, hash: 'hash', aesthetic: 'AESTHETIC_SCORE', punsafe: 'punsafe', pwatermark: 'pwatermark' },
  ],
  'COYO-700M': [
    'id BIGINT, url, text, width BIGINT, height BIGINT, image_phash, text_length BIGINT, word_count BIGINT, num_tokens_bert BIGINT, num_tokens_gpt BIGINT, num_faces BIGINT, clip_similarity_vitb32 DOUBLE, clip_similarity_vitl14 DOUBLE, nsfw_score_opennsfw2 DOUBLE, nsfw_score_gantman DOUBLE, watermark_score DOUBLE, aesthetic_score_laion_v2 DOUBLE',
    {
      url: 'url',
      caption: 'text',
      aesthetic: 'aesthetic_score_laion_v2',
      punsafe: 'nsfw_score_opennsfw2',
      pwatermark: 'watermark_score',
    },
  ],
  'a list of URLs': ['url', { url: 'url' }],
};

for (const [name, [definition, mapping]] of Object.entries(SCHEMAS)) {
  test(`the columns of ${name} are found by their names`, (t) => {
    t.deepEqual(findColumns(schemaOf(definition), {}), mapping);
  });
}

test('a column spelt exactly goes before one that differs in case', (t) => {
  t.is(findColumns(schemaOf('Url, URL'), {}).url, 'URL');
  t.is(findColumns(schemaOf('uRL, Text, Hash BIGINT'), {}).url, 'uRL');
});

test('hashes may be integers or decimal text, scores numbers or text; numbers go before text', (t) => {
  t.deepEqual(findColumns(schemaOf('url, hash VARCHAR, punsafe VARCHAR, aesthetic DECIMAL(4,2)'), {}), {
    url: 'url',
    hash: 'hash',
    aesthetic: 'aesthetic',
    punsafe: 'punsafe',
  });
  t.is(findColumns(schemaOf('url, hash UBIGINT'), {}).hash, 'hash');
  t.is(findColumns(schemaOf('url, aesthetic, AESTHETIC_SCORE FLOAT'), {}).aesthetic, 'AESTHETIC_SCORE');
});

/** Column definitions of which the last is unfit, and what is said of it. */
const UNFIT: readonly (readonly [string, RegExp])[] = [
  ['url VARCHAR[]', /"url" cannot be read as URLs\. It holds VARCHAR\[\], not text/],
  ['url STRUCT(a VARCHAR)', /not text/],
  ['url BIGINT', /It holds BIGINT, not text/],
  ['url, caption VARCHAR[]', /"caption" cannot be read as captions/],
  ['url, hash DOUBLE', /"hash" .* holds DOUBLE, which has lost the last digits/],
  ['url, hash FLOAT', /lost the last digits/],
  ['url, hash DECIMAL(20,2)', /lost the last digits/],
  ['url, hash BOOLEAN', /not 64-bit integers/],
  ['url, hash TIMESTAMP', /not 64-bit integers/],
  ['url, punsafe BOOLEAN', /"punsafe" cannot be read as punsafe scores\. It holds BOOLEAN, not numbers/],
  ['url, aesthetic FLOAT[]', /not numbers/],
  ['url, pwatermark STRUCT(a FLOAT)', /not numbers/],
  ['url, punsafe TIMESTAMP', /not numbers/],
];

for (const [definition, message] of UNFIT) {
  test(`of the columns ${definition} the last is refused with its type`, (t) => {
    t.throws(() => findColumns(schemaOf(definition), {}), { code: 'BB_SCHEMA_MISMATCH', message });
  });
}

test('a score that nothing looks at may be anything, and captions and hashes can be declined', (t) => {
  t.deepEqual(findColumns(schemaOf('url, aesthetic VARCHAR'), { unjudged: ['aesthetic'] }), { url: 'url' });
  t.deepEqual(
    findColumns(schemaOf('url, caption VARCHAR[], hash DOUBLE'), {
      captionColumn: 'none',
      hashColumn: 'none',
    }),
    { url: 'url' },
  );
});

test('a column of nothing but null plays no part, and is named', (t) => {
  const { columns, empty } = findParts(schemaOf('url, caption "NULL", hash "NULL", punsafe "NULL"'), {});
  t.deepEqual(columns, { url: 'url' });
  t.deepEqual(empty, { caption: 'caption', hash: 'hash', punsafe: 'punsafe' });
});

test('chosen columns go before known ones', (t) => {
  const schema = schemaOf('url, link, text, alt, hash BIGINT, h2 BIGINT');
  t.deepEqual(findColumns(schema, { urlColumn: 'link', captionColumn: 'alt', hashColumn: 'H2' }), {
    url: 'link',
    caption: 'alt',
    hash: 'h2',
  });
});

test('a missing URL column, and a chosen column that is not there, are refused with the columns there are', (t) => {
  const schema = schemaOf('key, picture');
  const unknown = t.throws<BowerbirdError>(() => findColumns(schema, {}), { code: 'BB_COLUMN_MISSING' });
  t.regex(unknown!.message, /key, picture/);
  t.deepEqual(unknown?.fields['columns'], ['key', 'picture']);
  t.throws(() => findColumns(schema, { urlColumn: 'picture', captionColumn: 'alt' }), {
    code: 'BB_COLUMN_MISSING',
    message: /"alt".*--caption-col.*key, picture/,
  });
});

test('a chosen hash column without integers is refused', (t) => {
  t.throws(() => findColumns(schemaOf('url, id DOUBLE'), { hashColumn: 'id' }), {
    code: 'BB_SCHEMA_MISMATCH',
    message: /"id".*DOUBLE/,
  });
});

test('input columns keep their names, but for those that are ours', (t) => {
  const schema = schemaOf('Key, url, hash BIGINT, STATUS, input_status, WIDTH, watermark_score DOUBLE, kept');
  const passed = passedColumns(schema, { url: 'url', hash: 'hash', pwatermark: 'watermark_score' });
  t.deepEqual(
    passed.map(({ schemaIndex, name }) => [schemaIndex, name]),
    [
      [0, 'input_Key'],
      [1, 'url'],
      [3, 'input_input_STATUS'],
      [4, 'input_status'],
      [5, 'WIDTH'],
      [6, 'watermark_score'],
      [7, 'input_kept'],
    ],
  );
});

test("an input's own aesthetic score is kept beside the run's; its punsafe is not written twice", (t) => {
  const schema = schemaOf('url, aesthetic DOUBLE, punsafe DOUBLE');
  const passed = passedColumns(schema, { url: 'url', aesthetic: 'aesthetic', punsafe: 'punsafe' });
  t.deepEqual(
    passed.map(({ name }) => name),
    ['url', 'input_aesthetic'],
  );
});
