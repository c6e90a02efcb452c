import { CheckedPages } from './checked-pages.ts';
import { childFor, type MetaPage, pagesOf, readMetaPage } from './lmdb-pages.ts';
import { PAGE_BYTES } from './page-sums.ts';

/** Leaf pages that are read at a time. */
const LEAVES_AT_ONCE = 16;

/**
 * Checks what LMDB is about to read: before a block is asked for the first time, the pages of the tree that lead to it
 * and its own are held against their sums. LMDB trusts its file; a changed byte in its tree would send it to another block, or
 * end the process. Blocks that were checked cost a look at one bit.
 */
export class PageCheck {
  readonly #pages: CheckedPages;
  readonly #meta: MetaPage;
  /** Branch pages: a block in thirty thousand. */
  readonly #branches = new Map<number, Buffer>();
  readonly #leaf = Buffer.alloc(PAGE_BYTES);
  /** Which page is in `#leaf`. */
  #leafNumber = -1;
  readonly #value = Buffer.alloc(PAGE_BYTES);
  /** One bit for each block. */
  readonly #done: Uint8Array;

  /**
   * Checks what LMDB reads when it opens a file.
   *
   * @throws StoreError BB_STORE_CORRUPT, BB_STORE_ACCESS
   */
  constructor(dataPath: string, sumsPath: string, blocks: number) {
    this.#done = new Uint8Array(Math.ceil(blocks / 8));
    this.#pages = new CheckedPages(dataPath, sumsPath);
    try {
      this.#pages.checkCount();
      this.#meta = this.#readMeta();
    } catch (thrown) {
      this.#pages.close();
      throw thrown;
    }
  }

  /** @throws StoreError BB_STORE_CORRUPT naming the page */
  checkBlock(block: number): void {
    const bit = 1 << (block & 7);
    if (this.#done[block >>> 3]! & bit) return;
    this.checkValue(block);
    this.#done[block >>> 3]! |= bit;
  }

  /** Checks all that LMDB reads for the value of a key. @throws StoreError BB_STORE_CORRUPT naming the page */
  checkValue(key: number): void {
    const leaf = this.#leafFor(key);
    if (leaf !== this.#leafNumber) {
      this.#leafNumber = -1;
      this.#pages.read(leaf, this.#leaf);
      this.#leafNumber = leaf;
    }
    const { first, count } = pagesOf(this.#leaf, key);
    for (let page = first; page < first + count; page++) this.#pages.read(page, this.#value);
  }

  /** Checks the tree, not the blocks themselves, before LMDB reads many at once. @throws StoreError BB_STORE_CORRUPT */
  async checkTree(blocks: readonly number[]): Promise<void> {
    const isNew = (block: number): boolean => !(this.#done[block >>> 3]! & (1 << (block & 7)));
    const leaves = [...new Set(blocks.filter(isNew).map((block) => this.#leafFor(block)))];
    for (let from = 0; from < leaves.length; from += LEAVES_AT_ONCE) {
      await Promise.all(
        leaves
          .slice(from, from + LEAVES_AT_ONCE)
          .map((leaf) => this.#pages.readLater(leaf, Buffer.allocUnsafe(PAGE_BYTES))),
      );
    }
  }

  close(): void {
    this.#pages.close();
  }

  /** Where the tree begins, by the newer of the two meta pages. */
  #readMeta(): MetaPage {
    const metas = [0, 1].map((page) => {
      this.#pages.read(page, this.#value);
      return readMetaPage(this.#value);
    });
    return metas.reduce((newer, meta) => (meta.transaction > newer.transaction ? meta : newer));
  }

  /** The leaf page that a key belongs to; the branch pages above it are checked. */
  #leafFor(key: number): number {
    let page = this.#meta.root;
    for (let level = 1; level < this.#meta.depth; level++) page = childFor(this.#branch(page), key);
    return page;
  }

  #branch(page: number): Buffer {
    const known = this.#branches.get(page);
    if (known) return known;
    const branch = Buffer.alloc(PAGE_BYTES);
    this.#pages.read(page, branch);
    this.#branches.set(page, branch);
    return branch;
  }
}
