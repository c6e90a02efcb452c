import type { Lock } from '../base/lock.ts';
import type { Storage } from '../storage/storage.ts';
import { Turns } from '../storage/turns.ts';
import { WatchedLock } from '../storage/watched-lock.ts';

/**
 * What a process changes of a run in object storage that it holds. Before each change it looks whether it still does: one that slept for longer than its claim lasts changes
 * nothing more. What was on its way as it fell asleep is a single request for each change that is made at one time; of a written file the service looks, where it can,
 * whether what stands is still what stood, and so it is not written over what another has put there.
 *
 * All of it throws BowerbirdError BB_RUN_LOCKED where another process has taken the run, and BB_STORAGE_*.
 */
export class HeldRun {
  readonly #at: string;
  readonly #storage: Storage;
  readonly #lock: Lock;
  readonly #watched: WatchedLock;

  /**
   * @param at the run's URL
   * @param lock of the run, which was looked at just now
   */
  constructor(at: string, storage: Storage, lock: Lock) {
    this.#at = at;
    this.#storage = storage;
    this.#lock = lock;
    this.#watched = new WatchedLock(lock);
  }

  /** Looks at the lock, unless that was done a moment ago. */
  async assertHeldOfLate(): Promise<void> {
    await this.#watched.assertHeld();
  }

  async assertHeld(): Promise<void> {
    await this.#lock.assertHeld();
  }

  /** Writes a file of the run, by its name, in the place of what stands there. @param content bytes, or the path of a file that holds them */
  async put(name: string, content: Uint8Array | string): Promise<void> {
    const url = `${this.#at}/${name}`;
    const turns = new Turns(url);
    for (;;) {
      const standing = await this.#storage.stat(url);
      // After the look at what stands: that is of a time at which the run was held.
      await this.#lock.assertHeld();
      if (await this.#putOver(url, content, standing)) return;
      // It was written in between: the last request of one that held the run before.
      await turns.next();
    }
  }

  async delete(name: string): Promise<void> {
    await this.#watched.assertHeld();
    await this.#storage.delete(`${this.#at}/${name}`);
  }

  /** Within the service. @throws StorageError BB_STORAGE_NOT_FOUND where there is no source */
  async copy(from: string, to: string): Promise<void> {
    await this.#watched.assertHeld();
    await this.#storage.copy(`${this.#at}/${from}`, `${this.#at}/${to}`);
  }

  async #putOver(
    url: string,
    content: Uint8Array | string,
    standing: { readonly tag?: string } | undefined,
  ): Promise<boolean> {
    if (!standing) return this.#storage.putIfAbsent(url, content);
    if (standing.tag !== undefined) return this.#storage.putIfTag(url, content, standing.tag);
    await this.#storage.put(url, content);
    return true;
  }
}
