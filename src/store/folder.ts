import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../base/errors.ts';
import { TEMPORARY_SUFFIX, temporaryPath, writeFileAtomic } from '../base/files.ts';
import { takeLock } from '../base/lock.ts';
import { corrupt, denied, isDenied, StoreError } from './errors.ts';
import { isMetaFile, STORE_FORMAT_VERSION, type StoreMetaFile, VERSION_NAME } from './meta.ts';

const CURRENT = 'CURRENT';
const LOCK = '.lock';

/** The files of one version. */
export const FILES = { data: 'blocks.mdb', sums: 'pages.crc32', meta: 'meta.json' } as const;

/** The name of the version that readers should open. @throws StoreError BB_STORE_NOT_FOUND, BB_STORE_CORRUPT */
export function readCurrent(store: string): string {
  const path = join(store, CURRENT);
  let line: string;
  try {
    line = readFileSync(path, 'utf8');
  } catch (cause) {
    if (isDenied(cause)) throw denied(path, 'read', cause);
    if (codeOf(cause) !== 'ENOENT' && codeOf(cause) !== 'ENOTDIR')
      throw corrupt(path, 'it cannot be read', cause);
    throw new StoreError(
      'BB_STORE_NOT_FOUND',
      `${store} is no store: it has no file CURRENT. Build one with \`bowerbird store build --from PATH --output ${store}\`.`,
      { cause, fields: { path: store } },
    );
  }
  const name = line.trimEnd();
  if (!VERSION_NAME.test(name)) throw corrupt(path, 'it names no version');
  return name;
}

/** Reads a version's `meta.json` and holds it against the size of its data. @throws StoreError BB_STORE_CORRUPT */
export function readMeta(version: string): StoreMetaFile {
  const path = join(version, FILES.meta);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (isDenied(cause)) throw denied(path, 'read', cause);
    throw corrupt(path, codeOf(cause) === 'ENOENT' ? 'it is missing' : 'it is no JSON', cause);
  }
  if (!isMetaFile(content)) throw corrupt(path, 'it does not describe a store');
  if (content.formatVersion > STORE_FORMAT_VERSION) {
    throw corrupt(
      path,
      `it has format ${content.formatVersion}, newer than this tool's ${STORE_FORMAT_VERSION}`,
    );
  }
  checkSize(join(version, FILES.data), content.dataBytes);
  return content;
}

/** LMDB trusts its file: reading past the end of one that was cut short would end the process. */
function checkSize(path: string, expectedBytes: number): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw corrupt(path, 'it is missing');
  if (stats.size !== expectedBytes)
    throw corrupt(path, `it has ${stats.size} bytes instead of ${expectedBytes}`);
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw denied(path, 'read', cause);
  }
}

/** A store folder taken for one build. */
export interface BuildFolder {
  /** Where the build writes; it has no name that a reader would open. */
  readonly temporary: string;
  /** Gives `temporary` its name and makes it current. */
  publish(): Promise<string>;
  /** Removes what was not published and gives the folder back. */
  release(): Promise<void>;
}

/**
 * Takes the store folder, removes what killed builds left there and all versions that are not in use, and makes a
 * folder for the next.
 *
 * @throws StoreError BB_STORE_EXISTS, BB_STORE_LOCKED, BB_STORE_ACCESS
 */
export async function openBuildFolder(store: string): Promise<BuildFolder> {
  try {
    await mkdir(store, { recursive: true });
    await refuseForeign(store);
    return await takeFolder(store);
  } catch (thrown) {
    throw isDenied(thrown) ? denied(store, 'written', thrown) : thrown;
  }
}

async function takeFolder(store: string): Promise<BuildFolder> {
  const lock = await takeLock(join(store, LOCK), (who) => {
    return new StoreError(
      'BB_STORE_LOCKED',
      `${who} is building ${store}. Wait for it; if it is surely gone, remove ${join(store, LOCK)}.`,
      { fields: { path: store } },
    );
  });
  try {
    const version = await sweep(store);
    const path = join(store, version);
    const temporary = temporaryPath(path);
    await mkdir(temporary);
    return {
      temporary,
      publish: async () => {
        await syncFolder(temporary);
        await rename(temporary, path);
        await syncFolder(store);
        await writeFileAtomic(join(store, CURRENT), `${version}\n`);
        return path;
      },
      release: async () => {
        await rm(temporary, { recursive: true, force: true });
        await lock.release();
      },
    };
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

function isOurs(name: string): boolean {
  return name === CURRENT || name === LOCK || VERSION_NAME.test(name) || isLeftover(name);
}

function isLeftover(name: string): boolean {
  return /^\.(v\d{4,}|CURRENT)\./.test(name) && name.endsWith(TEMPORARY_SUFFIX);
}

async function refuseForeign(store: string): Promise<void> {
  const foreign = (await readdir(store)).find((name) => !isOurs(name));
  if (foreign === undefined) return;
  throw new StoreError(
    'BB_STORE_EXISTS',
    `${store} holds ${foreign}, which is no part of a store. Choose a folder of its own for --output.`,
    { fields: { path: store, file: foreign } },
  );
}

/** @returns the name of the next version */
async function sweep(store: string): Promise<string> {
  const names = await readdir(store);
  const versions = names.filter((name) => VERSION_NAME.test(name));
  const inUse = names.includes(CURRENT) ? (versionsInUse(store) ?? versions) : [];
  const stale = versions.filter((name) => !inUse.includes(name));
  for (const name of [...stale, ...names.filter(isLeftover)]) {
    await rm(join(store, name), { recursive: true, force: true });
  }
  const last = Math.max(0, ...versions.map((name) => Number(name.slice(1))));
  return `v${String(last + 1).padStart(4, '0')}`;
}

/** The current version and those that it lies on; undefined where it is too damaged to say. */
function versionsInUse(store: string): string[] | undefined {
  const current = readCurrent(store);
  try {
    return [current, ...readMeta(join(store, current)).base.map(({ version }) => version)];
  } catch (thrown) {
    if (thrown instanceof StoreError && thrown.code === 'BB_STORE_CORRUPT') return undefined;
    throw thrown;
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
