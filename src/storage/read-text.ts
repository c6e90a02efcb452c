import { codeOf } from '../base/errors.ts';
import type { Storage } from './contract.ts';
import { Turns } from './turns.ts';

/** A text, as it stands at one moment; undefined where there is none. @throws StorageError */
export async function readText(storage: Storage, url: string): Promise<string | undefined> {
  const turns = new Turns(url);
  for (;;) {
    const found = await storage.stat(url);
    if (!found) return undefined;
    if (found.bytes === 0) return '';
    try {
      return (await storage.readRange(url, 0, found.bytes, { tag: found.tag })).toString('utf8');
    } catch (thrown) {
      // It was written or removed in between.
      if (codeOf(thrown) !== 'BB_STORAGE_CHANGED' && codeOf(thrown) !== 'BB_STORAGE_NOT_FOUND') throw thrown;
      await turns.next();
    }
  }
}
