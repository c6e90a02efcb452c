import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { decodeBlock } from './block.ts';
import { BlockFileReader } from './block-file.ts';
import { corrupt } from './errors.ts';
import { FILES, readCurrent, readMeta } from './folder.ts';
import { layoutOf, type StoreMetaFile } from './meta.ts';
import { findDamagedPage, PAGE_BYTES } from './page-sums.ts';

/**
 * Checks every byte of the current version: the sum of each page, then each block's order and number of entries, the
 * counts and the checksum.
 *
 * @throws StoreError BB_STORE_NOT_FOUND; BB_STORE_CORRUPT naming the page or block
 */
export async function verifyStore(path: string): Promise<StoreMetaFile> {
  const store = resolve(path);
  const folder = join(store, readCurrent(store));
  const meta = readMeta(folder);
  const dataPath = join(folder, FILES.data);
  await checkPages(dataPath, join(folder, FILES.sums));
  // LMDB trusts what it reads, so it comes after the pages.
  const file = new BlockFileReader(dataPath);
  try {
    checkBlocks(dataPath, file, meta);
  } finally {
    await file.close();
  }
  return meta;
}

async function checkPages(dataPath: string, sumsPath: string): Promise<void> {
  const page = await findDamagedPage(dataPath, sumsPath).catch((cause: unknown) => {
    throw corrupt(sumsPath, 'the sums of the pages cannot be read', cause);
  });
  if (page === undefined) return;
  const from = page * PAGE_BYTES;
  throw corrupt(dataPath, `block ${page} of 4096 bytes (from byte ${from} on) is not as it was written`);
}

function checkBlocks(dataPath: string, file: BlockFileReader, meta: StoreMetaFile): void {
  const layout = layoutOf(meta);
  const checksum = createHash('sha256');
  const header = Buffer.alloc(8);
  let entries = 0;
  let blocks = 0;
  let lastKey = -1;
  for (const { key, block } of file.blocks()) {
    const decoded = key > lastKey ? decodeBlock(layout, key, block) : undefined;
    if (!decoded) throw corrupt(dataPath, `the block with key ${key} is not as it was written`);
    header.writeUInt32LE(key, 0);
    header.writeUInt32LE(block.length, 4);
    checksum.update(header).update(block);
    entries += decoded.lo.length;
    blocks++;
    lastKey = key;
  }
  if (entries !== meta.entries || blocks !== meta.blocks) {
    throw corrupt(
      dataPath,
      `it holds ${entries} entries in ${blocks} blocks; its meta.json says ${meta.entries} in ${meta.blocks}`,
    );
  }
  if (checksum.digest('hex') !== meta.checksum)
    throw corrupt(dataPath, 'its checksum is not that of its meta.json');
}
