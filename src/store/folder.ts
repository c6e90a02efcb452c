import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError, codeOf, isMissing } from '../base/errors.ts';
import { fileSystem } from '../base/file-system.ts';
import { remove, syncPath, TEMPORARY_SUFFIX, writeFileAtomic, writing } from '../base/files.ts';
import { OutputPlace } from '../base/output-place.ts';
import { corrupt, denied, isDenied, StoreError } from './errors.ts';
import { digestOf, isMetaFile, STORE_FORMAT_VERSION, type StoreMetaFile, VERSION_NAME } from './meta.ts';

const CURRENT = 'CURRENT';

/** The files of one version. */
export const FILES = { data: 'blocks.mdb', sums: 'pages.crc32', meta: 'meta.json' } as const;

/** What `CURRENT` says. */
export interface Current {
  /** The version that readers should open. */
  readonly name: string;
  /** Its `digestOf`; undefined in stores that were built before there was one. */
  readonly digest: string | undefined;
  /** Changes whenever something is published. */
  readonly stamp: string;
}

const CURRENT_LINE = /^(v\d{4,15})(?: ([0-9a-f]{64}))?\n$/;

/** @throws StoreError BB_STORE_NOT_FOUND, BB_STORE_CORRUPT, BB_STORE_ACCESS */
export function readCurrent(store: string): Current {
  const path = join(store, CURRENT);
  let line: string;
  let file: string;
  try {
    const { ino, mtimeMs } = statSync(path);
    file = `${ino} ${mtimeMs}`;
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
  const [, name, digest] = CURRENT_LINE.exec(line) ?? [];
  if (name === undefined) throw corrupt(path, 'it names no version');
  return { name, digest, stamp: `${line} ${file}` };
}

/** @throws StoreError BB_STORE_CORRUPT where `CURRENT` means another build than the one that has the name */
export function checkCurrent(store: string, current: Current, digest: string): void {
  if (current.digest === undefined || current.digest === digest) return;
  throw corrupt(join(store, CURRENT), `it does not belong to the ${current.name} beside it`);
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
 * @throws StoreError BB_STORE_EXISTS, BB_STORE_ACCESS; BowerbirdError BB_STORE_LOCKED, BB_OUTPUT_FOLDER, BB_DISK_FULL
 */
export async function openBuildFolder(store: string): Promise<BuildFolder> {
  try {
    await refuseForeign(store);
    const place = await OutputPlace.take(store, {
      flag: '--output',
      inPlace: true,
      lockedCode: 'BB_STORE_LOCKED',
    });
    return await useFolder(place);
  } catch (thrown) {
    const cause = thrown instanceof BowerbirdError ? thrown.cause : thrown;
    throw isDenied(cause) ? denied(store, 'written', cause) : thrown;
  }
}

async function useFolder(place: OutputPlace): Promise<BuildFolder> {
  const { path: store, staging: temporary } = place;
  try {
    const version = await sweep(store);
    const path = join(store, version);
    await writing(store, () => fileSystem().mkdir(temporary));
    return {
      temporary,
      publish: async () => {
        const digest = digestOf(readMeta(temporary));
        await writing(store, async () => {
          await syncPath(temporary);
          await place.lock.assertHeld();
          await fileSystem().rename(temporary, path);
          await syncPath(store);
          await writeFileAtomic(join(store, CURRENT), `${version} ${digest}\n`);
        });
        return path;
      },
      release: () => place.release(),
    };
  } catch (thrown) {
    await place.release();
    throw thrown;
  }
}

/** Whether a name is one that builds, killed ones too, or a network file system leave in a store. */
function isOurs(name: string): boolean {
  return (
    name === CURRENT ||
    VERSION_NAME.test(name) ||
    isLeftover(name) ||
    /^\.(lock$|lock\.|output\.|nfs)/.test(name)
  );
}

function isLeftover(name: string): boolean {
  return /^\.(v\d{4,}|CURRENT)\./.test(name) && name.endsWith(TEMPORARY_SUFFIX);
}

async function refuseForeign(store: string): Promise<void> {
  const entries = await readdir(store, { withFileTypes: true }).catch((thrown: unknown) => {
    // A folder that is not there yet, or a file, is for whoever takes the place.
    if (isMissing(thrown)) return [];
    throw thrown;
  });
  const foreign = entries.find(
    (entry) => !isOurs(entry.name) || (entry.name === CURRENT && entry.isDirectory()),
  );
  if (foreign === undefined) return;
  throw new StoreError(
    'BB_STORE_EXISTS',
    `${store} holds ${foreign.name}${foreign.isDirectory() ? ' (a folder)' : ''}, which is no part of a store. Choose a folder of its own for --output.`,
    { fields: { path: store, file: foreign.name } },
  );
}

/** @returns the name of the next version */
async function sweep(store: string): Promise<string> {
  const names = await readdir(store);
  const versions = names.filter((name) => VERSION_NAME.test(name));
  const inUse = names.includes(CURRENT) ? (versionsInUse(store) ?? versions) : [];
  const stale = versions.filter((name) => !inUse.includes(name));
  for (const name of [...stale, ...names.filter(isLeftover)]) {
    await remove(join(store, name));
  }
  const last = Math.max(0, ...versions.map((name) => Number(name.slice(1))));
  return `v${String(last + 1).padStart(4, '0')}`;
}

/** The current version and those that it lies on; undefined where the store is too damaged to say. */
function versionsInUse(store: string): string[] | undefined {
  try {
    const current = readCurrent(store);
    const meta = readMeta(join(store, current.name));
    checkCurrent(store, current, digestOf(meta));
    return [current.name, ...meta.base.map(({ version }) => version)];
  } catch (thrown) {
    if (thrown instanceof StoreError && thrown.code === 'BB_STORE_CORRUPT') return undefined;
    throw thrown;
  }
}
