import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';
import { importsOf } from '../house/imports.ts';

/** Fitting the head takes half a minute, so what it was fitted by is remembered; SHA-256 in hex. */
export interface HeadLock {
  /** Of the sources that decide its weights. */
  readonly sources: string;
  /** Of head.json as these sources wrote it. */
  readonly head: string;
}

/** Where the lock of the committed head lies. */
export const HEAD_LOCK: string = join(packageFolder, 'scripts', 'builtin-encoder', 'head-lock.json');

const SCRIPTS = join(packageFolder, 'scripts');
const FITS_THE_HEAD = 'builtin-encoder/head.ts';

/** The lock of a head that the sources have just written, or that is to be held against them. */
export function headLock(head: string | Uint8Array): HeadLock {
  const hash = createHash('sha256');
  for (const file of sourcesOf(FITS_THE_HEAD)) hash.update(file).update(readFileSync(join(SCRIPTS, file)));
  return { sources: hash.digest('hex'), head: createHash('sha256').update(head).digest('hex') };
}

/** A source and all that it imports, from scripts/, sorted. */
export function sourcesOf(entry: string): string[] {
  const found = new Set([entry]);
  for (const file of found) {
    for (const { target, isPackage } of importsOf(file, SCRIPTS)) if (!isPackage) found.add(target);
  }
  return [...found].sort();
}
