import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { packageFolder } from '../../src/base/package.ts';
import { Registry } from '../../src/models/library/registry.ts';
import { readRegistryFile } from '../../src/models/library/registry-file.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { schemaChecker, schemaProblems } from '../helpers/schemas.ts';
import { encoderOf, headOf, WEIGHTS_URL } from './library-world.ts';

const FOLDER = join(packageFolder, 'assets', 'registry');
const PATHS = readdirSync(FOLDER).map((name) => join(FOLDER, name));

const FILES = [{ url: WEIGHTS_URL }];

const ENCODER = encoderOf([{ hub: 'some/model', revision: 'main', path: 'model.onnx' }], {
  aliases: ['tiny'],
});

test('the registries that come with bowerbird are valid by their schema, and fit together', async (t) => {
  for (const path of PATHS) t.deepEqual(schemaProblems('registry.schema.json', path), [], path);
  const { entries } = await Registry.read(PATHS);
  t.deepEqual([...new Set(entries.map(({ kind }) => kind))].sort(), ['encoder', 'head', 'tag-model']);
});

test('encoders are found by the spellings of open_clip, clip-retrieval and the hub', async (t) => {
  const registry = await Registry.read(PATHS);
  for (const [spelling, name] of [
    ['ViT-L-14', 'openai/clip-vit-large-patch14'],
    ['ViT-L-14/openai', 'openai/clip-vit-large-patch14'],
    ['ViT-L-14-quickgelu/openai', 'openai/clip-vit-large-patch14'],
    ['open_clip:ViT-L-14-336-quickgelu/openai', 'openai/clip-vit-large-patch14-336'],
    ['ViT-L/14', 'openai/clip-vit-large-patch14'],
    ['openai/clip-vit-large-patch14', 'openai/clip-vit-large-patch14'],
    ['ViT-L/14@336px', 'openai/clip-vit-large-patch14-336'],
    ['open_clip:ViT-H-14/laion2b_s32b_b79k', 'laion/CLIP-ViT-H-14-laion2B-s32B-b79K'],
    ['hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K', 'laion/CLIP-ViT-B-32-laion2B-s34B-b79K'],
  ] as const)
    t.is(registry.encoder(spelling)?.name, name, spelling);
  t.is(registry.encoder('laion-v1'), undefined);
});

test('a name that several heads share means the one of the encoder at hand and of the tag that is wanted', async (t) => {
  const registry = await Registry.read(PATHS);
  const named = (
    name: string,
    tag: 'aesthetic' | 'punsafe' | 'pwatermark',
    encoder?: string,
  ): string | undefined => registry.tagSource({ name, tag, encoder })?.name;
  const large = 'openai/clip-vit-large-patch14';
  t.is(named('laion-v1', 'aesthetic', large), 'laion-aesthetic-v1-vit-l-14');
  t.is(named('laion-v1', 'aesthetic', 'openai/clip-vit-base-patch32'), 'laion-aesthetic-v1-vit-b-32');
  t.is(named('laion', 'punsafe', large), 'laion-nsfw-vit-l-14');
  t.is(named('laion', 'pwatermark', large), 'laion-watermark-v1');
  t.is(named('laion', 'pwatermark'), 'laion-watermark-v1');
  t.is(named('laion-v2', 'aesthetic'), 'laion-aesthetic-v2-vit-l-14');
  t.is(named('nothing', 'aesthetic', large), undefined);
  t.is(registry.ownHead(large, 'aesthetic')?.name, 'laion-aesthetic-v1-vit-l-14');
  t.is(registry.ownHead(large, 'punsafe'), undefined);
  t.is(registry.ownHead('facebook/dinov2-base', 'aesthetic'), undefined);
});

test('a head of another encoder, of another tag, or of any of several encoders is refused', async (t) => {
  const registry = await Registry.read(PATHS);
  const asking = (name: string, tag: 'aesthetic' | 'punsafe', encoder?: string) => (): unknown =>
    registry.tagSource({ name, tag, encoder });
  const elsewhere = t.throws(asking('laion-v1', 'aesthetic', 'facebook/dinov2-base'), {
    code: 'BB_HEAD_MISMATCH',
  });
  t.regex(elsewhere?.message ?? '', /trained on openai.* but the encoder is facebook\/dinov2-base/);
  t.throws(asking('laion-aesthetic-v1-vit-l-14', 'punsafe'), {
    code: 'BB_HEAD_MISMATCH',
    message: /gives aesthetic/,
  });
  t.throws(asking('laion-v1', 'aesthetic'), { code: 'BB_USAGE', message: /vit-l-14, .*vit-b-32/ });
});

const REFUSED: readonly (readonly [what: string, models: readonly object[], message: RegExp])[] = [
  [
    'two entries of one name',
    [headOf(FILES), headOf(FILES)],
    /an entry test-head beside the entry test-head, /,
  ],
  [
    'two names that differ by case alone',
    [headOf(FILES), headOf(FILES, { name: 'Test-Head' })],
    /Test-Head differs from the entry test-head by capital letters alone/,
  ],
  [
    'an alias that is a name',
    [ENCODER, headOf(FILES, { aliases: ['test-encoder'] })],
    /name of the entry test-encoder already/,
  ],
  [
    'an alias of two heads of one encoder',
    [headOf(FILES, { aliases: ['a'] }), headOf(FILES, { name: 'b', aliases: ['a'] })],
    /called a/,
  ],
  ['an aesthetic_head that there is not', [{ ...ENCODER, aesthetic_head: 'none-such' }], /no aesthetic head/],
  [
    'an aesthetic_head of another encoder',
    [{ ...ENCODER, name: 'other', aesthetic_head: 'test-head' }, headOf(FILES)],
    /no aesthetic head/,
  ],
  ['a name that leads up', [headOf(FILES, { name: 'a/../../b' })], /has a name/],
  ['a reserved name', [headOf(FILES, { name: 'builtin' })], /has a name/],
  ['a file that leads up', [headOf([{ hub: 'a/b', revision: 'main', path: '../x' }])], /a path of letters/],
  ['a file of another scheme', [headOf([{ url: 'file:///etc/passwd' }])], /http or https/],
  [
    'a file with a password',
    [headOf([{ url: 'https://me:sesame@example.org/x.bin' }])],
    /without a user name/,
  ],
  [
    'an encoded way up in an address',
    [headOf([{ url: 'https://example.org/%2e%2e%2fx' }])],
    /plain file name/,
  ],
  [
    'two files of one name',
    [headOf([{ url: WEIGHTS_URL }, { hub: 'a/b', revision: 'c', path: 'd/weights.bin' }])],
    /different names/,
  ],
  [
    'two files whose names differ by case alone',
    [headOf([{ url: WEIGHTS_URL }, { hub: 'a/b', revision: 'c', path: 'Weights.bin' }])],
    /different names/,
  ],
  ...['onnx', 'ONNX'].map(
    (name) =>
      [
        `a file called ${name}`,
        [headOf([{ url: WEIGHTS_URL }, { url: `https://example.org/${name}` }])],
        /which is the folder in the cache of what is made of weights/,
      ] as const,
  ),
  ...['x.part', 'x.part.json', 'weights.bin.PART'].map(
    (name) =>
      [
        `a file called ${name}`,
        [headOf([{ url: WEIGHTS_URL }, { url: `https://example.org/${name}` }])],
        /is the name of a file that is arriving/,
      ] as const,
  ),
  [
    "a file in the place of a head's manifest",
    [headOf([{ url: WEIGHTS_URL }, { url: `${WEIGHTS_URL}.json` }])],
    /weights\.bin\.json, which is the name of the model's manifest/,
  ],
  [
    "a file in the place of an encoder's manifest",
    [encoderOf(['model.onnx', 'model.json'].map((name) => ({ url: `https://example.org/${name}` })))],
    /model\.json, which is the name of the model's manifest/,
  ],
  ...['con', 'NUL', 'Lpt1.x', 'name.'].map(
    (name) => [`the name ${name}`, [headOf(FILES, { name })], /no folder can have everywhere/] as const,
  ),
  [
    'a file that is a device',
    [headOf([{ url: 'https://example.org/nul.bin' }])],
    /no name for a file everywhere/,
  ],
  ['a digest that is none', [headOf([{ url: WEIGHTS_URL, sha256: 'abc' }])], /64 hexadecimal digits/],
  ['an unknown field', [headOf(FILES, { colour: 'blue' })], /unknown field "colour"/],
  ['a deviation of 0', [{ ...ENCODER, std: [1, 0, 1] }], /three numbers above 0/],
  ['a control character', [headOf(FILES, { description: 'a\u001b[2J' })], /a text of one line/],
  ['another version', [], /version/],
];

for (const [what, models, message] of REFUSED) {
  test(`a registry with ${what} is refused by its code`, async (t) => {
    const path = join(await makeFolder(t), 'registry.json');
    await writeFile(path, JSON.stringify({ version: what === 'another version' ? 2 : 1, models }));
    const error = await t.throwsAsync(Registry.read([path]), {
      instanceOf: BowerbirdError,
      code: 'BB_MODEL_REGISTRY',
    });
    t.regex(error?.message ?? '', message);
    t.true(error?.message.includes(path));
  });
}

test('a registry that is named twice is read once; a copy of it is refused, and both are named', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'registry.json');
  await writeFile(path, JSON.stringify({ version: 1, models: [headOf(FILES)] }));
  const link = join(folder, 'link.json');
  await symlink(path, link);
  t.is((await Registry.read([path, link, path])).entries.length, 1);
  const copy = join(folder, 'copy.json');
  await copyFile(path, copy);
  const error = await t.throwsAsync(Registry.read([path, copy]), { code: 'BB_MODEL_REGISTRY' });
  for (const named of [path, copy, 'test-head']) t.true(error?.message.includes(named), named);
});

/** Replaces, removes or adds something at a random place of a JSON value. */
function mutate(value: unknown, random: () => number): unknown {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(items.length * random())]!;
  const oddities: readonly unknown[] = [
    null,
    -1,
    0,
    1.5,
    1e300,
    '',
    '..',
    '/',
    'x'.repeat(3000),
    '\u0000',
    [],
    {},
    true,
    [[]],
  ];
  if (typeof value !== 'object' || value === null || random() < 0.15) return pick(oddities);
  if (Array.isArray(value)) {
    if (value.length === 0 || random() < 0.1) return [...value, pick(oddities)];
    const at = Math.floor(value.length * random());
    return value.map((item, i) => (i === at ? mutate(item, random) : item));
  }
  const fields = Object.entries(value as Record<string, unknown>);
  const at = Math.floor(fields.length * random());
  const action = random();
  if (action < 0.15) return Object.fromEntries(fields.filter((_, i) => i !== at));
  if (action < 0.3)
    return { ...value, [pick(['__proto__', 'constructor', 'colour', 'sha256'])]: pick(oddities) };
  return Object.fromEntries(fields.map(([name, item], i) => [name, i === at ? mutate(item, random) : item]));
}

test('of 200 mutations of a registry none is read that its schema refuses, and each refusal has the code', async (t) => {
  const random = randomNumbers(7);
  const isValid = schemaChecker('registry.schema.json');
  const sound: unknown = JSON.parse(readFileSync(join(FOLDER, 'heads.json'), 'utf8'));
  const path = join(await makeFolder(t), 'registry.json');
  let refused = 0;
  for (let i = 0; i < 200; i++) {
    const text = JSON.stringify(mutate(sound, random));
    // Every fifth is damaged as text.
    const at = Math.floor(text.length * random());
    const written =
      i % 5 === 0 ? text.slice(0, at) + String.fromCharCode(32 + 90 * random()) + text.slice(at + 1) : text;
    await writeFile(path, written);
    try {
      await readRegistryFile(path);
      t.true(isValid(JSON.parse(written)), `mutation ${i}`);
    } catch (thrown) {
      t.true(thrown instanceof BowerbirdError && thrown.code === 'BB_MODEL_REGISTRY', String(thrown));
      refused++;
    }
  }
  t.true(refused > 150, `${refused}`);
});
