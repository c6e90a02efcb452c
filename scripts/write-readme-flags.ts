// Writes the flags of `bowerbird score` into README.md and those of other commands into their pages, from the tables
// that the commands themselves are built from. Run it after a change to one of them: npx tsc; node .build/scripts/write-readme-flags.js
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../src/base/package.ts';
import { BROWSE_FLAGS } from '../src/cli/browse-flags.ts';
import { COLLECT_FLAGS } from '../src/cli/collect-flags.ts';
import { ESTIMATE_FLAGS } from '../src/cli/estimate-flags.ts';
import { EVALUATE_FLAGS } from '../src/cli/evaluate-flags.ts';
import type { Flag, FlagTable } from '../src/cli/flags.ts';
import { POSTS_DATASET_FLAGS } from '../src/cli/posts-dataset-flags.ts';
import { POSTS_ADD_FLAGS } from '../src/cli/posts-flags.ts';
import { QUEUE_FLAGS } from '../src/cli/queue-flags.ts';
import { RATE_FLAGS } from '../src/cli/rate-flags.ts';
import { REVIEW_FLAGS } from '../src/cli/review-flags.ts';
import { SCORE_FLAGS } from '../src/cli/score-flags.ts';
import { SERVE_FLAGS } from '../src/cli/serve-flags.ts';
import { SIDECARS_FLAGS } from '../src/cli/sidecars-flags.ts';
import { SUBSET_FLAGS } from '../src/cli/subset-flags.ts';
import { TRAIN_FLAGS } from '../src/cli/train-flags.ts';
import { WATCH_FLAGS } from '../src/cli/watch-flags.ts';

/** Defaults that depend on the machine, in words. */
const MACHINE_DEFAULTS: Readonly<Record<string, string>> = {
  'processes-count': 'CPU cores less 1, at least 1',
  'encoder-threads': 'half of the CPU cores',
  'score-threads': 'CPU cores',
};

const SECTION = /(<!-- flags: [^\n]* -->\n).*(\n<!-- \/flags -->)/s;

/** Markdown tables of flags, one for each group, in the order of the table. */
export function flagTables(table: FlagTable = SCORE_FLAGS): string {
  const groups = new Set(Object.values(table).map(({ group }) => group));
  return [...groups].map((group) => groupTable(group, table)).join('\n\n');
}

function groupTable(group: string, table: FlagTable): string {
  const flags = Object.entries(table).filter(([, flag]) => flag.group === group);
  const rows = flags.map(
    ([name, flag]) => `| \`--${name}\` | ${defaultOf(name, flag)} | ${descriptionOf(flag)} |`,
  );
  return [
    `**${group.replace(/:$/, '')}**`,
    '',
    '| flag | default | what it does |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

function defaultOf(name: string, { type, default: value }: Flag): string {
  if (MACHINE_DEFAULTS[name]) return MACHINE_DEFAULTS[name];
  if (value === undefined) return '';
  return type === 'boolean' ? (value ? 'on' : 'off') : `\`${value}\``;
}

function descriptionOf({ type, describe, required, choices = [] }: Flag): string {
  const unsaid = choices.some((choice) => !describe.includes(`\`${choice}\``));
  const values = unsaid ? ` (${choices.map((choice) => `\`${choice}\``).join(', ')})` : '';
  // Markdown takes pipes for the borders of cells and pairs of stars for emphasis.
  const marks = `${type === 'list' ? ' (comma-separated)' : ''}${required ? ' (required)' : ''}`;
  return `${describe}${values}${marks}`.replace(/[|*]/g, '\\$&');
}

/** The text between the two marks of a page. @throws Error where the page has no such marks */
export function flagSection(page: string): string {
  const found = SECTION.exec(page);
  if (!found) throw new Error('the page has no <!-- flags: ... --> and <!-- /flags -->');
  return found[0].slice(found[1]!.length, -found[2]!.length);
}

/** The pages with marks, and the flags between them. */
export const FLAG_PAGES: readonly (readonly [page: string, table: FlagTable])[] = [
  ['README.md', SCORE_FLAGS],
  ['docs/browse.md', BROWSE_FLAGS],
  ['docs/collect.md', COLLECT_FLAGS],
  ['docs/estimate.md', ESTIMATE_FLAGS],
  ['docs/evaluate.md', EVALUATE_FLAGS],
  ['docs/posts-dataset.md', POSTS_DATASET_FLAGS],
  ['docs/posts.md', POSTS_ADD_FLAGS],
  ['docs/queue.md', QUEUE_FLAGS],
  ['docs/rate.md', RATE_FLAGS],
  ['docs/review.md', REVIEW_FLAGS],
  ['docs/serve.md', SERVE_FLAGS],
  ['docs/sidecars.md', SIDECARS_FLAGS],
  ['docs/subset.md', SUBSET_FLAGS],
  ['docs/train.md', TRAIN_FLAGS],
  ['docs/watch.md', WATCH_FLAGS],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, table] of FLAG_PAGES) {
    const path = join(packageFolder, name);
    const page = await readFile(path, 'utf8');
    await writeFile(
      path,
      page.replace(SECTION, (_, before: string, after: string) => before + flagTables(table) + after),
    );
    console.log(`${path}: ${Object.keys(table).length} flags`);
  }
}
