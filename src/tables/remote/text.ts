import { storageOf } from '../../storage/storage-of.ts';

/** A small file elsewhere, as UTF-8; undefined where there is none. @throws StorageError */
export async function textElsewhere(url: string): Promise<string | undefined> {
  const storage = await storageOf(url);
  const found = await storage.stat(url);
  if (!found) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of storage.readStream(url, { tag: found.tag })) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
