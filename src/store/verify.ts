import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { decodeBlock } from './block-decode.ts';
import { corrupt } from './errors.ts';
import { checkCurrent, FILES, readCurrent, readMeta } from './folder.ts';
import { slotOf } from './layout.ts';
import { digestOf, type StoreMetaFile } from './meta.ts';
import { damagedPage, findDamagedPage } from './page-sums.ts';
import { StorePart } from './part.ts';
import { recordWords } from './records.ts';

/** What `verifyStore` tells while it works. */
export interface VerifyProgress {
  readonly phase: 'pages' | 'blocks';
  readonly version: string;
}

/**
 * Checks every byte of the current version and of those that it lies on: the sum of each page, then each block's order
 * and number of entries, the counts and the checksum.
 *
 * @returns what the versions say of themselves, newest first
 * @throws StoreError BB_STORE_NOT_FOUND; BB_STORE_CORRUPT naming the page or block
 */
export async function verifyStore(
  path: string,
  onProgress: (progress: VerifyProgress) => void = () => undefined,
): Promise<StoreMetaFile[]> {
  const store = resolve(path);
  const current = readCurrent(store);
  const newest = await verifyVersion(store, current.name, onProgress);
  checkCurrent(store, current, digestOf(newest));
  const metas = [newest];
  for (const { version, checksum } of newest.base.toReversed()) {
    const meta = await verifyVersion(store, version, onProgress);
    if (meta.checksum !== checksum)
      throw corrupt(join(store, version, FILES.data), `it is not the version that ${current.name} lies on`);
    metas.push(meta);
  }
  return metas;
}

async function verifyVersion(
  store: string,
  version: string,
  onProgress: (progress: VerifyProgress) => void,
): Promise<StoreMetaFile> {
  const folder = join(store, version);
  readMeta(folder);
  onProgress({ phase: 'pages', version });
  await checkPages(join(folder, FILES.data), join(folder, FILES.sums));
  // LMDB trusts what it reads, so it comes after the pages.
  const part = StorePart.open(store, version, { checkPages: false });
  try {
    onProgress({ phase: 'blocks', version });
    checkBlocks(part);
  } finally {
    await part.close();
  }
  return part.meta;
}

async function checkPages(dataPath: string, sumsPath: string): Promise<void> {
  const page = await findDamagedPage(dataPath, sumsPath).catch((cause: unknown) => {
    throw corrupt(sumsPath, 'the sums of the pages cannot be read', cause);
  });
  if (page !== undefined) throw damagedPage(dataPath, page);
}

function checkBlocks(part: StorePart): void {
  const { layout, meta, dataPath } = part;
  const words = recordWords(layout.columnCount, layout.precision);
  const checksum = createHash('sha256');
  const header = Buffer.alloc(8);
  const order = new OrderCheck(words);
  for (const { block, slot, bytes } of part.blocks()) {
    const records = decodeBlock(layout, slot, bytes);
    if (!records || slotOf(layout, records[1]!) !== slot || !order.follows(records))
      throw corrupt(dataPath, `block ${block} is not as it was written`);
    header.writeUInt32LE(slot, 0);
    header.writeUInt32LE(bytes.length, 4);
    checksum.update(header).update(bytes);
  }
  if (order.entries !== meta.entries) {
    throw corrupt(
      dataPath,
      `it holds ${order.entries} entries; the meta.json in ${dirname(dataPath)} says ${meta.entries}`,
    );
  }
  if (checksum.digest('hex') !== meta.checksum)
    throw corrupt(dataPath, 'its checksum is not that of its meta.json');
}

/** Whether hashes ascend, from one block to the next too. */
class OrderCheck {
  entries = 0;
  readonly #words: number;
  #hi = -1;
  #lo = -1;

  constructor(words: number) {
    this.#words = words;
  }

  follows(records: Uint32Array): boolean {
    for (let at = 0; at < records.length; at += this.#words) {
      const lo = records[at]!;
      const hi = records[at + 1]!;
      if (hi < this.#hi || (hi === this.#hi && lo <= this.#lo)) return false;
      this.#hi = hi;
      this.#lo = lo;
      this.entries++;
    }
    return true;
  }
}
