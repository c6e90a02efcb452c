import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { FLAG_PAGES, flagSection, flagTables } from '../../scripts/write-readme-flags.ts';
import { packageFolder } from '../../src/base/package.ts';
import { BUCKETS_FLAGS } from '../../src/cli/buckets-flags.ts';
import { SCORE_FLAGS } from '../../src/cli/score-flags.ts';
import { SERVE_FLAGS } from '../../src/cli/serve-flags.ts';
import { SIDECARS_FLAGS } from '../../src/cli/sidecars-flags.ts';
import {
  LOOKUP_FLAGS,
  STORE_BUILD_FLAGS,
  STORE_EXPORT_FLAGS,
  STORE_INFO_FLAGS,
} from '../../src/cli/store-flags.ts';
import { SUBSET_FLAGS } from '../../src/cli/subset-flags.ts';
import { allPages, readPage } from './pages.ts';

test('the flags of a page are those of its command, with their defaults', (t) => {
  t.true(FLAG_PAGES.length >= 13);
  for (const [page, table] of FLAG_PAGES) {
    t.is(
      flagSection(readPage(page).text),
      flagTables(table),
      `${page}: run npx tsc && node .build/scripts/write-readme-flags.js`,
    );
  }
});

test('a table of flags has a row for each, escaped, with choices and defaults', (t) => {
  const table = flagTables({
    size: { group: 'Shape:', type: 'integer', default: 3, describe: 'Side of a | b' },
    kinds: { group: 'Shape:', type: 'list', describe: 'All of *.npy' },
    mode: { group: 'Way:', type: 'string', choices: ['a', 'b'], describe: 'How' },
    quiet: { group: 'Way:', type: 'boolean', default: false, describe: 'Say nothing' },
  });
  const head = '| flag | default | what it does |\n|---|---|---|\n';
  t.is(
    table,
    `**Shape**\n\n${head}| \`--size\` | \`3\` | Side of a \\| b |\n| \`--kinds\` |  | All of \\*.npy (comma-separated) |\n\n` +
      `**Way**\n\n${head}| \`--mode\` |  | How (\`a\`, \`b\`) |\n| \`--quiet\` | off | Say nothing |`,
  );
});

/** Flags of bowerbird that are not in the table of `score`. */
const OTHER_FLAGS = ['--config', '--help', '--version'];

test('every flag in a bowerbird command of the documentation exists', (t) => {
  const known = new Set([...Object.keys(SCORE_FLAGS).map((name) => `--${name}`), ...OTHER_FLAGS]);
  const commands = allPages().flatMap(({ path, text }) =>
    [...text.matchAll(/^ *(?:npx )?bowerbird (?:score|demo)(?:.*\\\n)*.*/gm)].map(([command]) => ({
      path,
      command,
    })),
  );
  t.true(commands.length >= 2);
  for (const { path, command } of commands) {
    for (const [flag] of command.matchAll(/(?<=\s)--[a-z][\w-]*/g))
      t.true(known.has(flag), `${path}: ${flag}`);
  }
});

test('every flag of the store commands is documented, and every one in a documented command exists', (t) => {
  const readme = readPage('README.md').text;
  const tables = {
    'store build': STORE_BUILD_FLAGS,
    'store export': STORE_EXPORT_FLAGS,
    'store info': STORE_INFO_FLAGS,
    'store verify': STORE_INFO_FLAGS,
    lookup: LOOKUP_FLAGS,
  };
  for (const [name, table] of Object.entries(tables)) {
    for (const flag of Object.keys(table)) t.true(readme.includes(`--${flag}`), `${name} --${flag}`);
    const uses = allPages().flatMap(({ text }) => [
      ...text.matchAll(new RegExp(`^bowerbird ${name} .*`, 'gm')),
    ]);
    for (const [command] of uses) {
      for (const [, flag] of command.matchAll(/ --([a-z][\w-]*)/g)) t.true(flag! in table, command);
    }
  }
});

test('every flag in a documented bowerbird serve exists', (t) => {
  const uses = allPages().flatMap(({ text }) => [...text.matchAll(/^bowerbird serve .*/gm)]);
  t.true(uses.length >= 2);
  for (const [command] of uses) {
    for (const [, flag] of command.matchAll(/ --([a-z][\w-]*)/g)) t.true(flag! in SERVE_FLAGS, command);
  }
});

test('every flag in a documented bowerbird sidecars exists', (t) => {
  const uses = allPages().flatMap(({ text }) => [...text.matchAll(/^bowerbird sidecars .*/gm)]);
  t.true(uses.length >= 2);
  for (const [command] of uses) {
    for (const [, flag] of command.matchAll(/ --([a-z][\w-]*)/g)) t.true(flag! in SIDECARS_FLAGS, command);
  }
});

test('every flag of buckets is documented with its default, and every one in a documented command exists', (t) => {
  const page = readPage('docs/buckets.md').text;
  for (const flag of Object.keys(BUCKETS_FLAGS)) t.true(page.includes(`\`--${flag}\``), flag);
  for (const [, flag, shown] of page.matchAll(/^\| `--([a-z-]+)` \| `([^`]+)` \|/gm)) {
    const fallback = BUCKETS_FLAGS[flag!]?.default;
    if (flag !== 'quantiles') t.is(String(fallback), shown!, flag);
  }
  const uses = allPages().flatMap(({ text }) => [...text.matchAll(/^bowerbird buckets .*/gm)]);
  t.true(uses.length >= 5);
  for (const [command] of uses) {
    for (const [, flag] of command.matchAll(/ --([a-z][\w-]*)/g)) t.true(flag! in BUCKETS_FLAGS, command);
  }
});

test('every flag in a documented bowerbird subset exists', (t) => {
  const commands = allPages().flatMap(({ text }) => text.match(/^bowerbird subset (?:.*\\\n)*.*/gm) ?? []);
  t.true(commands.length >= 8);
  for (const command of commands) {
    for (const [, flag] of command.matchAll(/ --([a-z][\w-]*)/g)) t.true(flag! in SUBSET_FLAGS, command);
  }
});

test('every npm script that the documentation names exists', (t) => {
  const { scripts } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = allPages().flatMap(({ path, text }) => [
    ...[...text.matchAll(/npm run (?:-\S+ )*([\w:-]+)/g)].map(([, script]) => ({ path, script: script! })),
    ...[...text.matchAll(/npm (start|test)\b/g)].map(([, script]) => ({ path, script: script! })),
  ]);
  t.true(named.length > 0);
  for (const { path, script } of named) t.true(script in scripts, `${path}: npm run ${script}`);
});

test('every script of scripts/ and bench/ that the documentation runs exists', (t) => {
  const named = allPages().flatMap(({ path, text }) =>
    [...text.matchAll(/\.build\/((?:scripts|bench|test)\/[\w./-]+)\.js/g)].map(([, file]) => ({
      path,
      file: file!,
    })),
  );
  t.true(named.length > 0);
  for (const { path, file } of named)
    t.true(existsSync(join(packageFolder, `${file}.ts`)), `${path}: ${file}`);
});
