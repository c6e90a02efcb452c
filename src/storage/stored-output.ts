import { randomUUID } from 'node:crypto';
import { join, relative, sep } from 'node:path';
import { atOnce } from '../base/at-once.ts';
import { BowerbirdError } from '../base/errors.ts';
import { listFiles, removeQuietly } from '../base/files.ts';
import type { Lock, OnWait } from '../base/lock.ts';
import { isPartOfKind, type OutputKind } from '../base/output-kinds.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { Storage } from './contract.ts';
import { takeObjectLock } from './object-lock.ts';
import { HIDDEN, isPlain, JOURNAL, type Journal, parseJournal } from './output-journal.ts';
import { readText } from './read-text.ts';
import { storageOf } from './storage-of.ts';
import { WatchedLock } from './watched-lock.ts';

/** What is written, and how it is spoken of. */
export interface StoredOutputOptions {
  readonly kind: OutputKind;
  /** The file that others know the output by. */
  readonly marker: string;
  /** The flag that names the place, for advice: `--output-folder`. */
  readonly flag: string;
  readonly onWait?: OnWait | undefined;
}

/** What lies at a place: nothing, an output of the kind that is to be written, or something else. */
export type Present = 'nothing' | 'own' | 'other';

const REQUESTS_AT_ONCE = 8;

/**
 * An output folder in object storage, taken for this process. It is made in a folder of this machine, and comes to its place whole or not at all:
 *
 * All files are uploaded to hidden names below the place; then a journal names them and what they replace; then the store itself copies them to their names, the
 * marker last, and the journal goes. After a kill at any moment the next to take the place ends what a journal says, and removes what none speaks of.
 * While a journal stands, our readers refuse the place (`unfinishedError`), and it has no marker for others.
 */
export class StoredOutput {
  /** The URL, without `/` at its end. */
  readonly at: string;
  /** A path of this machine at which nothing lies: what is made there is published. */
  readonly folder: string;
  readonly #storage: Storage;
  readonly #options: StoredOutputOptions;
  readonly #lock: Lock;
  readonly #temporary: string;

  private constructor(
    { storage, at, options }: Place,
    { lock, temporary }: { readonly lock: Lock; readonly temporary: string },
  ) {
    this.at = at;
    this.folder = join(temporary, 'output');
    this.#storage = storage;
    this.#options = options;
    this.#lock = lock;
    this.#temporary = temporary;
  }

  /**
   * Takes a place, ends what was cut short there, and removes what killed processes left. Nothing is written where something else lies.
   *
   * @param refuse is given what lies there, before the place is taken and after: throws where it may not be written
   * @throws BowerbirdError BB_OUTPUT_FOLDER where it is an object, BB_RUN_LOCKED, BB_TEMPORARY_FOLDER, BB_STORAGE_*; what `refuse` throws
   */
  static async take(
    url: string,
    options: StoredOutputOptions,
    refuse: (present: Present, at: string) => void,
  ): Promise<StoredOutput> {
    const at = url.replace(/\/+$/, '');
    const place = { storage: await storageOf(at), at, options };
    await refuseObject(place);
    if (!(await hasJournal(place))) refuse(await presentAt(place), at);
    const lock = await takeObjectLock({
      ...{ storage: place.storage, claims: `${at}/${HIDDEN}/lock/`, onWait: options.onWait },
      lockedError: (who) => lockedError(place, who),
    });
    try {
      await recover(place, lock);
      refuse(await presentAt(place), at);
      return new StoredOutput(place, { lock, temporary: await makeTemporaryFolder('output') });
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }

  /** The marker of the output that is there. */
  async marker(): Promise<string | undefined> {
    return readText(this.#storage, `${this.at}/${this.#options.marker}`);
  }

  /** The files of the output that is there, by their names. */
  async present(): Promise<string[]> {
    const names: string[] = [];
    for await (const { url } of this.#storage.list(`${this.at}/`)) {
      const name = url.slice(this.at.length + 1);
      if (isPartOfKind(this.#options.kind, name)) names.push(name);
    }
    return names;
  }

  /**
   * Publishes all that lies in `folder`.
   *
   * @param replaced the files of the earlier output, by their names: those without a successor go
   * @param signal ends it as long as nothing is changed
   * @throws BowerbirdError BB_RUN_LOCKED where another has taken the place meanwhile; BB_STORAGE_*; the signal's reason
   */
  async publish(replaced: readonly string[], signal?: AbortSignal): Promise<void> {
    const { marker } = this.#options;
    const paths = await listFiles(this.folder);
    const names = paths.map((path) => relative(this.folder, path).split(sep).join('/'));
    const successors = new Set(names);
    const journal: Journal = {
      format: 'bowerbird-publishing',
      version: 1,
      staged: randomUUID(),
      marker,
      names: names.filter((name) => name !== marker),
      removed: replaced.filter((name) => isPlain(name) && !successors.has(name) && name !== marker),
    };
    const staged = `${this.at}/${HIDDEN}/${journal.staged}`;
    await atOnce(REQUESTS_AT_ONCE, names, async (name) => {
      signal?.throwIfAborted();
      await this.#storage.put(`${staged}/${name}`, join(this.folder, name));
    });
    signal?.throwIfAborted();
    await this.#lock.assertHeld();
    const lock = new WatchedLock(this.#lock);
    const place = { storage: this.#storage, at: this.at, options: this.#options };
    await this.#storage.put(`${this.at}/${JOURNAL}`, Buffer.from(`${JSON.stringify(journal)}\n`));
    await finish(place, journal, lock);
  }

  /** Removes what was not published and gives the place back. */
  async release(): Promise<void> {
    await removeQuietly(this.#temporary);
    await this.#lock.release();
  }
}

interface Place {
  readonly storage: Storage;
  readonly at: string;
  readonly options: StoredOutputOptions;
}

async function refuseObject({ storage, at, options }: Place): Promise<void> {
  if (!(await storage.stat(at))) return;
  throw new BowerbirdError(
    'BB_OUTPUT_FOLDER',
    `${at} is an object. Name a prefix at which nothing lies as ${options.flag}.`,
    { fields: { path: at } },
  );
}

async function hasJournal({ storage, at }: Place): Promise<boolean> {
  return (await storage.stat(`${at}/${JOURNAL}`)) !== undefined;
}

async function presentAt({ storage, at, options }: Place): Promise<Present> {
  if (await storage.stat(`${at}/${options.marker}`)) return 'own';
  for await (const { url } of storage.list(`${at}/`)) {
    const name = url.slice(at.length + 1);
    if (name !== '' && !name.startsWith(`${HIDDEN}/`)) return 'other';
  }
  return 'nothing';
}

/** For whoever holds the place: ends what a journal says, and removes what is staged without one. */
async function recover(place: Place, lock: Lock): Promise<void> {
  const { storage, at } = place;
  const text = await readText(storage, `${at}/${JOURNAL}`);
  if (text !== undefined) await goOn(place, parseJournal(text, `${at}/${JOURNAL}`), new WatchedLock(lock));
  await removeStaged(place);
}

/** What is staged goes after the journal. One without it was written by who was asleep, after another had ended it: it says nothing any more. */
async function goOn(place: Place, journal: Journal, lock: WatchedLock): Promise<void> {
  const { storage, at } = place;
  if (await storage.stat(`${at}/${HIDDEN}/${journal.staged}/${journal.marker}`))
    await finish(place, journal, lock);
  else await storage.delete(`${at}/${JOURNAL}`);
}

/**
 * Every step may be done again. The marker is the first to go and the last to come.
 *
 * @throws BowerbirdError BB_RUN_LOCKED where this process was asleep, and another has taken the place and ended what the journal says
 */
async function finish(
  place: Place,
  { staged, marker, names, removed }: Journal,
  lock: WatchedLock,
): Promise<void> {
  const { storage, at } = place;
  const bring = async (name: string): Promise<void> => {
    await lock.assertHeld();
    await storage.copy(`${at}/${HIDDEN}/${staged}/${name}`, `${at}/${name}`);
  };
  const drop = async (name: string): Promise<void> => {
    await lock.assertHeld();
    await storage.delete(`${at}/${name}`);
  };
  await drop(marker);
  await atOnce(REQUESTS_AT_ONCE, names, bring);
  await atOnce(REQUESTS_AT_ONCE, removed, drop);
  await bring(marker);
  await drop(JOURNAL);
  await removeStaged(place);
}

async function removeStaged({ storage, at }: Place): Promise<void> {
  const hidden = `${at}/${HIDDEN}/`;
  await atOnce(REQUESTS_AT_ONCE, storage.list(hidden), async ({ url }) => {
    const [folder, name] = url.slice(hidden.length).split('/');
    if (folder !== 'lock' && name !== undefined) await storage.delete(url);
  });
}

function lockedError({ at, options }: Place, who: string): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_LOCKED',
    `${at} is being written by ${who}. Wait for it, or choose another ${options.flag}.`,
    { fields: { path: at } },
  );
}
