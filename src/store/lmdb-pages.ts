/*
 * LMDB's pages as they lie in the file (version 1 of its format, pages of 4096 bytes, little-endian). A page starts with
 * its number and transaction (uint64 each), two spare bytes, flags, and the bounds of its list of nodes (uint16 each);
 * an overflow page with the number of pages that belong together in their place. Nodes are counted from behind that.
 */

/** Bytes of a page's header. */
const HEADER_BYTES = 24;
const LOWER_AT = 20;

/** Of a meta page, behind the header: two databases of 48 bytes each from byte 24 on; the second is the main one. */
const MAIN_AT = HEADER_BYTES + 24 + 48;
const DEPTH_AT = MAIN_AT + 6;
const ROOT_AT = MAIN_AT + 40;
const TRANSACTION_AT = HEADER_BYTES + 24 + 2 * 48 + 8;

/** A node: part of its data's size or page number (uint32), flags, size of its key (uint16 each), key, data. */
const NODE_FLAGS_AT = 4;
const KEY_SIZE_AT = 6;
const KEY_AT = 8;
/** The data of the node lie on pages of their own: their number, a transaction, how many (uint64 each). */
const IS_BIG = 0x01;
const BIG_COUNT_AT = 16;

/** What a meta page says: the newer transaction counts. */
export interface MetaPage {
  readonly transaction: number;
  readonly root: number;
  /** Levels of the tree: the last one is the leaves. */
  readonly depth: number;
}

export function readMetaPage(page: Buffer): MetaPage {
  return {
    transaction: uint48(page, TRANSACTION_AT),
    root: uint48(page, ROOT_AT),
    depth: page.readUInt16LE(DEPTH_AT),
  };
}

/** The page below a branch page that a key (uint32) belongs to. */
export function childFor(page: Buffer, key: number): number {
  // The first node has no key: all that is below the second one's belongs to it.
  const node = nodeAt(page, Math.max(0, lastUpTo(page, 1, key)));
  return page.readUInt32LE(node) + page.readUInt16LE(node + NODE_FLAGS_AT) * 2 ** 32;
}

/** Pages that hold one value. */
export interface PageRange {
  readonly first: number;
  readonly count: number;
}

const NO_PAGES: PageRange = { first: 0, count: 0 };

/** The pages that a leaf page names for a key's value; none where the leaf itself has it, or has no such key. */
export function pagesOf(page: Buffer, key: number): PageRange {
  const index = lastUpTo(page, 0, key);
  if (index < 0) return NO_PAGES;
  const node = nodeAt(page, index);
  if (keyOf(page, node) !== key || (page.readUInt16LE(node + NODE_FLAGS_AT) & IS_BIG) === 0) return NO_PAGES;
  const data = node + KEY_AT + page.readUInt16LE(node + KEY_SIZE_AT);
  return { first: uint48(page, data), count: uint48(page, data + BIG_COUNT_AT) };
}

/** The last node from `from` on whose key is not above; the one before `from` where all are. */
function lastUpTo(page: Buffer, from: number, key: number): number {
  let low = from;
  let high = page.readUInt16LE(LOWER_AT) >>> 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyOf(page, nodeAt(page, middle)) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function nodeAt(page: Buffer, index: number): number {
  return HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * index);
}

function keyOf(page: Buffer, node: number): number {
  return page.readUInt32LE(node + KEY_AT);
}

/** Of a uint64 that is below 2^48. */
function uint48(page: Buffer, at: number): number {
  return page.readUIntLE(at, 6);
}
