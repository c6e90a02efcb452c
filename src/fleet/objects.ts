import { codeOf } from '../base/errors.ts';
import { openStorage, type Storage } from '../storage/storage.ts';

const opened = new Map<string, Promise<Storage>>();

/** The storage that a URL leads to: one for all runs of a process, which has its connections and knows of a bucket that the first write wins there. */
export async function sharedStorage(url: string): Promise<Storage> {
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase();
  const storage = opened.get(scheme) ?? openStorage(url);
  opened.set(scheme, storage);
  return storage;
}

/** A text, as it stands at one moment; undefined where there is none. */
export async function readText(storage: Storage, url: string): Promise<string | undefined> {
  for (;;) {
    const found = await storage.stat(url);
    if (!found) return undefined;
    if (found.bytes === 0) return '';
    try {
      return (await storage.readRange(url, 0, found.bytes, { tag: found.tag })).toString('utf8');
    } catch (thrown) {
      // It was written or removed in between.
      if (codeOf(thrown) !== 'BB_STORAGE_CHANGED' && codeOf(thrown) !== 'BB_STORAGE_NOT_FOUND') throw thrown;
    }
  }
}
