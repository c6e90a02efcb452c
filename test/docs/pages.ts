import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { packageFolder } from '../../src/base/package.ts';

/** A Markdown page of the project. */
export interface Page {
  /** From the package folder: `docs/formats.md`. */
  readonly path: string;
  readonly text: string;
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(packageFolder, path), 'utf8') };
}

/** README.md, CHANGELOG.md, CONTRIBUTING.md and everything under docs/. */
export function allPages(): Page[] {
  const paths = globSync(['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs/**/*.md'], {
    cwd: packageFolder,
  });
  return paths.sort().map(readPage);
}

/** The text without fenced code blocks, in which `#` and `[a](b)` mean something else. */
export function proseOf(text: string): string {
  return text.replace(/^```.*?^```$/gms, '');
}

/** The anchors that GitHub gives to a page's headings: lower case, punctuation gone, spaces as hyphens. */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return [...proseOf(text).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading]) => {
    const slug = heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const earlier = seen.get(slug) ?? 0;
    seen.set(slug, earlier + 1);
    return earlier === 0 ? slug : `${slug}-${earlier}`;
  });
}

/** The part of a page under a heading of any level, up to the next heading. */
export function sectionOf(text: string, heading: string): string {
  const parts = text.split(/^#{1,6} /m);
  const found = parts.find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`the page has no section "${heading}"`);
  return found;
}

/** The cells of the rows of a Markdown text's tables, heads left out, without the marks of code. */
export function tableRows(text: string): string[][] {
  const rows = [...text.matchAll(/^\|(?!-).*\|\n(?!\|-)/gm)].map(([row]) => row.trim().slice(1, -1));
  return rows.map((row) => row.split(' | ').map((cell) => cell.trim().replaceAll('`', '')));
}
