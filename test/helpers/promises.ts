import { basename, dirname, join, relative, sep } from 'node:path';
import { isJournal } from '../../src/base/swap.ts';
import type { RecordedCall, States } from './recorded-files.ts';

/** What a commit is to be held against. */
export interface Promised {
  /** The folder that all happens in; what lies there under a hidden name does not last. */
  readonly folder: string;
  /** The file, by its name in the folder, that says that all others are there. */
  readonly marker?: string;
}

/**
 * The promises that a commit broke, each in a sentence; none where a loss of power at any moment leaves the old or the
 * new, whole:
 *
 * - nothing is written under its lasting name;
 * - content is on the disk (fsync of each file, and of the names in each folder) before it gets its lasting name;
 * - all lasting names are on the disk (fsync of their folders) before the marker gets its own, and nothing follows it;
 * - a journal is on the disk, with all that it names as staged, before the first of that is put in place, and goes when
 *   all of it is in place and on the disk, to stay away;
 * - at the end all names are on the disk.
 */
export function brokenPromises(calls: readonly RecordedCall[], promised: Promised): string[] {
  const watch = new Watch(promised);
  for (const call of calls) watch.see(call);
  return watch.end();
}

class Watch {
  readonly #promised: Promised;
  readonly #broken: string[] = [];
  /** What is on the disk, by its present path. */
  readonly #synced = new Map<string, string | readonly string[]>();
  /** Lasting names that have changed and are not on the disk. */
  readonly #loose = new Set<string>();
  #journal: { readonly path: string; isOnDisk: boolean } | undefined;
  #isMarked = false;

  constructor(promised: Promised) {
    this.#promised = promised;
  }

  see(call: RecordedCall): void {
    const { call: kind, path, from } = call;
    if (kind === 'write' && this.#lasts(path)) this.#break(path, 'was written under its lasting name');
    if (kind === 'fsync') this.#sync(call);
    if (kind === 'mkdir') this.#changeName(path);
    if (kind === 'remove') this.#remove(path);
    if (from === undefined) return;
    if (isJournal(basename(path))) this.#openJournal(call);
    else this.#name(call);
    if (kind === 'rename') this.#move(from, path);
  }

  end(): string[] {
    const { folder, marker } = this.#promised;
    if (marker !== undefined && !this.#isMarked) this.#break(join(folder, marker), 'was never put in place');
    if (this.#journal) this.#break(this.#journal.path, 'was left behind');
    for (const path of this.#loose) this.#break(path, 'has a name that was not on the disk at the end');
    return this.#broken;
  }

  #sync({ path, states }: RecordedCall): void {
    this.#synced.set(path, states.get(path)!);
    for (const name of [...this.#loose]) if (dirname(name) === path) this.#loose.delete(name);
    if (this.#journal && path === dirname(this.#journal.path)) this.#journal.isOnDisk = true;
  }

  #openJournal({ path, states, staged }: RecordedCall): void {
    this.#requireOnDisk(states, `before ${basename(path)} named it`);
    for (const name of staged) {
      for (let below = name; below !== dirname(path); below = dirname(below)) {
        const names = this.#synced.get(dirname(below));
        if (!Array.isArray(names) || !names.includes(basename(below)))
          this.#break(below, `had a name that was not on the disk before ${basename(path)} named it`);
      }
    }
    this.#journal = { path, isOnDisk: false };
  }

  /** What is moved within the hidden has not got its lasting name yet. */
  #name({ path, states }: RecordedCall): void {
    if (!this.#lasts(path)) return;
    this.#requireOnDisk(states, 'before it got its lasting name');
    const isMarker = relative(this.#promised.folder, path) === this.#promised.marker;
    if (isMarker && !this.#journal) {
      for (const loose of this.#loose)
        this.#break(loose, 'had a name that was not on the disk before the marker got its own');
    }
    this.#changeName(path);
    this.#isMarked ||= isMarker;
  }

  #changeName(path: string): void {
    if (!this.#lasts(path)) return;
    if (this.#isMarked) this.#break(path, 'was changed after the marker was put in place');
    if (this.#journal && !this.#journal.isOnDisk)
      this.#break(path, `was put in place before ${basename(this.#journal.path)} was on the disk`);
    this.#loose.add(path);
  }

  /** A journal that comes back with the power would be followed again, over whatever was made since. */
  #remove(path: string): void {
    if (path !== this.#journal?.path) {
      this.#changeName(path);
      return;
    }
    for (const loose of this.#loose)
      this.#break(loose, `was not on the disk when ${basename(path)} was removed`);
    this.#journal = undefined;
    this.#loose.add(path);
  }

  #move(from: string, to: string): void {
    for (const [path, state] of [...this.#synced]) {
      if (path !== from && !path.startsWith(from + sep)) continue;
      this.#synced.delete(path);
      this.#synced.set(to + path.slice(from.length), state);
    }
  }

  #requireOnDisk(states: States, when: string): void {
    for (const [path, state] of states) {
      if (JSON.stringify(this.#synced.get(path)) !== JSON.stringify(state))
        this.#break(path, `was not on the disk ${when}`);
    }
  }

  #lasts(path: string): boolean {
    const name = relative(this.#promised.folder, path);
    return !name.split(sep).some((part) => part.startsWith('.'));
  }

  #break(path: string, what: string): void {
    this.#broken.push(`${relative(this.#promised.folder, path) || '.'} ${what}`);
  }
}
