import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { listBreaches } from '../../scripts/house/breaches.ts';
import { importsOf, listSources, sourceFolder } from '../../scripts/house/imports.ts';
import type { Room } from '../../scripts/house/rooms.ts';
import { ARCHITECTURE_PAGE, withRoomTable } from '../../scripts/write-architecture.ts';
import { packageFolder } from '../../src/base/package.ts';
import { readPage } from '../docs/pages.ts';

const room = (name: string, rest: Partial<Room>): Room => ({
  name,
  what: '',
  mayImport: [],
  doors: [],
  packages: [],
  ...rest,
});

const HALL = room('hall', { doors: ['door'], packages: ['paint'] });
const ROOMS = [HALL, room('kitchen', { mayImport: ['hall'] }), room('roof', { mayImport: 'everything' })];
/** Something must come through the hall's door. */
const GUEST = { 'kitchen/guest.ts': "import '../hall/door.ts';" };

/** The breaches in a house of these files. */
async function breachesOf(
  t: ExecutionContext,
  sources: Readonly<Record<string, string>>,
  rooms: readonly Room[] = ROOMS,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-house-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ 'hall/door.ts': "import 'paint';", ...sources })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const files = listSources(folder);
  return listBreaches(
    rooms,
    files,
    files.flatMap((file) => importsOf(file, folder)),
  );
}

test('a house in which everyone comes in by the doors has no breach', async (t) => {
  t.deepEqual(
    await breachesOf(t, {
      ...GUEST,
      'hall/door.ts':
        "export { inner } from './inner.ts';\nimport 'paint';\nimport { join } from 'node:path';",
      'hall/inner.ts': '',
      'roof/main.ts': "import type { Guest } from '../hall/door.ts';",
    }),
    [],
  );
});

const BREACHES: Readonly<Record<string, readonly [sources: Record<string, string>, breach: RegExp]>> = {
  'a side door': [{ 'kitchen/cook.ts': "import '../hall/inner.ts';" }, /enters hall by hall\/inner\.ts/],
  'a side door that only a type goes through': [
    { 'kitchen/cook.ts': "import type {\n  Inner,\n} from '../hall/inner.ts';" },
    /enters hall by hall\/inner\.ts/,
  ],
  'a side door that is passed on': [
    { 'kitchen/cook.ts': "export * from '../hall/inner.ts';" },
    /enters hall by hall\/inner\.ts/,
  ],
  'a side door that is imported late': [
    { 'kitchen/cook.ts': "const inner = await import('../hall/inner.ts');" },
    /enters hall by hall\/inner\.ts/,
  ],
  'a side door that is imported late, its name a template, after a comment': [
    { 'kitchen/cook.ts': 'const inner = await import(/* late */ `../hall/inner.ts`);' },
    /enters hall by hall\/inner\.ts/,
  ],
  'a side door by which a process of its own is started': [
    { 'kitchen/cook.ts': "const script = new URL('../hall/inner.js', import.meta.url);" },
    /enters hall by hall\/inner\.ts/,
  ],
  'a room that stands below': [
    { 'hall/inner.ts': "import '../kitchen/guest.ts';" },
    /imports from kitchen, which hall may not/,
  ],
  'a package of another room': [
    { 'kitchen/cook.ts': "import 'paint/brush.js';" },
    /cook\.ts imports paint, which belongs to hall/,
  ],
  'a package of another room, by require': [
    { 'kitchen/cook.ts': "const paint = createRequire(import.meta.url)('paint');" },
    /cook\.ts imports paint, which belongs to hall/,
  ],
  'a package of another room, by a require that was kept': [
    { 'kitchen/cook.ts': "const require = createRequire(import.meta.url);\nrequire('paint/brush');" },
    /cook\.ts imports paint, which belongs to hall/,
  ],
  'a package that nobody has': [{ 'kitchen/cook.ts': "import '@a/b/c';" }, /imports @a\/b, which no room/],
  'a room that the table does not know': [
    { 'cellar/mouse.ts': "import '../hall/door.ts';" },
    /does not know/,
  ],
  'a cycle': [
    { 'hall/a.ts': "import './b.ts';", 'hall/b.ts': "import './a.ts';" },
    /cycle: hall\/a\.ts -> hall\/b\.ts -> hall\/a\.ts/,
  ],
};

for (const [what, [sources, breach]] of Object.entries(BREACHES)) {
  test(`${what} is a breach, and the only one that is told`, async (t) => {
    const breaches = await breachesOf(t, { ...GUEST, ...sources });
    t.is(breaches.length, 1, breaches.join('\n'));
    t.regex(breaches[0]!, breach);
  });
}

test('a door that no one uses, or that is no file, is a breach', async (t) => {
  const rooms = [{ ...HALL, doors: ['door', 'gone'] }, ...ROOMS.slice(1)];
  const breaches = await breachesOf(
    t,
    { 'kitchen/cook.ts': "import '../hall/inner.ts';", 'hall/inner.ts': '' },
    rooms,
  );
  t.deepEqual(breaches.slice(0, 2), [
    'hall/door.ts is a door that no other room uses',
    'hall/gone.ts is a door in the table, but no file',
  ]);
});

test('what the table lets a room import and it never does is a breach', async (t) => {
  const rooms = [
    { ...HALL, packages: ['paint', 'glue'] },
    ...ROOMS.slice(1),
    room('shed', { mayImport: ['hall'] }),
  ];
  t.deepEqual(await breachesOf(t, GUEST, rooms), [
    'the table lets hall import glue, which it never does',
    'the table lets shed import hall, which it never does',
  ]);
});

test('the table cannot let a room import from one below it', async (t) => {
  const rooms = [{ ...HALL, mayImport: ['kitchen'] }, ...ROOMS.slice(1)];
  t.deepEqual(await breachesOf(t, GUEST, rooms), [
    'the table lets hall import from kitchen, which does not stand above it',
    'the table lets hall import kitchen, which it never does',
  ]);
});

test('the page on architecture has the table that the code is held against', (t) => {
  const page = readPage(ARCHITECTURE_PAGE).text;
  t.is(page, withRoomTable(page), 'run npx tsc && node .build/scripts/write-architecture.js');
});

test('the files that the page on architecture names exist', (t) => {
  const named = [...readPage(ARCHITECTURE_PAGE).text.matchAll(/`([a-z]+\/[a-z-]+\.ts)`/g)].map(
    ([, file]) => file!,
  );
  const files = [
    ...listSources(sourceFolder),
    ...listSources(join(packageFolder, 'scripts')).map((name) => `scripts/${name}`),
  ];
  t.true(named.length > 30);
  t.deepEqual(
    named.filter((file) => !files.includes(file)),
    [],
  );
});
