import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { applied } from './mutants.ts';
import type { Change } from './operators.ts';

/** Leads from a place in a built file back to `path:line` in the repository. */
export class SourceLines {
  readonly #folder: string;
  readonly #path: string;
  readonly #text: string;
  readonly #map: SourceMap | undefined;

  /** @param path a built file, with or without a source map beside it */
  constructor(folder: string, path: string, text: string) {
    this.#folder = folder;
    this.#path = path;
    this.#text = text;
    if (existsSync(`${path}.map`))
      this.#map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload);
  }

  placeOf(offset: number): string {
    const before = this.#text.slice(0, offset).split('\n');
    const line = before.length - 1;
    const entry = this.#map?.findEntry(line, before.at(-1)!.length);
    if (!entry || !('originalSource' in entry)) return `${relative(this.#folder, this.#path)}:${line + 1}`;
    const source = resolve(dirname(this.#path), entry.originalSource);
    return `${relative(this.#folder, source)}:${entry.originalLine + 1}`;
  }
}

/** The first line that a change touches, before and after it, without indentation. */
export function lineDiff(change: Change, text: string): readonly [before: string, after: string] {
  const start = text.lastIndexOf('\n', change.start - 1) + 1;
  const mutant = applied(change, text);
  const lineFrom = (whole: string): string => whole.slice(start).split('\n', 1)[0]!.trim();
  return [lineFrom(text), lineFrom(mutant)];
}
