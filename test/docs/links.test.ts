import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { allPages, anchorsOf, type Page, proseOf } from './pages.ts';

/** What is wrong with the relative links of a page. */
function brokenLinks({ path, text }: Page): string[] {
  const links = [...proseOf(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target!);
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .flatMap((link) => problemOf({ path, text }, link) ?? []);
}

function problemOf({ path, text }: Page, link: string): string | undefined {
  const [file, anchor] = link.split('#') as [string, string?];
  const target = resolve(packageFolder, dirname(path), file);
  if (relative(packageFolder, target).startsWith('..')) return `${path}: ${link} leads out of the project`;
  if (file !== '' && !existsSync(target)) return `${path}: ${link} leads to no file`;
  if (anchor === undefined) return undefined;
  const content = file === '' ? text : readFileSync(target, 'utf8');
  return anchorsOf(content).includes(anchor) ? undefined : `${path}: ${link} leads to no heading`;
}

test('every relative link of the documentation leads to a file and a heading that exist', (t) => {
  const pages = allPages();
  t.true(pages.some(({ path }) => path === 'docs/formats.md'));
  t.deepEqual(pages.flatMap(brokenLinks), []);
});

test('a link to a missing file, a missing heading or out of the project is found', (t) => {
  const text = '# Here\n\n[a](docs/none.md) [b](#there) [c](../x) [d](#here) [e](https://example.org/#x)';
  t.deepEqual(brokenLinks({ path: 'README.md', text }), [
    'README.md: docs/none.md leads to no file',
    'README.md: #there leads to no heading',
    'README.md: ../x leads out of the project',
  ]);
});

test('each decision has a number of its own, and its heading has it', (t) => {
  const pages = allPages().filter(({ path }) => path.startsWith('docs/adr/'));
  const numbers = pages.map(({ path }) => Number(/\d+/.exec(path)![0])).sort((a, b) => a - b);
  t.deepEqual(numbers, [...new Set(numbers)]);
  t.deepEqual(
    pages.map(({ text }) => Number(/^# (\d+)\. /.exec(text)?.[1])).sort((a, b) => a - b),
    numbers,
  );
});

test('anchors are those of GitHub: punctuation goes, spaces become hyphens, a second one is numbered', (t) => {
  t.deepEqual(
    anchorsOf('# `run.json`\n## What a run, writes\n```\n# not one\n```\n## bucket_means/\n## A b\n## A b'),
    ['runjson', 'what-a-run-writes', 'bucket_means', 'a-b', 'a-b-1'],
  );
});
