import { StoreError } from '../store/errors.ts';
import type { ReadOptions } from '../store/part.ts';
import { openStore, type Store } from '../store/reader.ts';

/**
 * Opens a store to be asked: one without entries answers every question with a miss, which is hardly what was meant.
 *
 * @throws StoreError BB_STORE_EMPTY; what `openStore` throws
 */
export async function openFilledStore(path: string, options: ReadOptions = {}): Promise<Store> {
  const store = await openStore(path, options);
  if (store.entryCount > 0) return store;
  await store.close();
  throw new StoreError(
    'BB_STORE_EMPTY',
    `${path} holds no entry. \`bowerbird store info ${path}\` says what it was built from; build it from rows with hashes and scores.`,
    { fields: { path } },
  );
}
