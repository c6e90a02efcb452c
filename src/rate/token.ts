import { randomBytes } from 'node:crypto';
import { lstatSync, type Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { removeQuietly, writeNewFile, writing } from '../base/files.ts';

const TOKEN_BYTES = 24;
const TOKEN = /^[\w-]{32}$/;
const OWNER_ALONE = 0o600;
const OTHERS = 0o077;

/**
 * The token in the address of the page. It lies beside the feedback file, for its owner alone, while the page is served: after a kill the same
 * command goes on with it, and so do the pages that are open.
 */
export class KeptToken {
  readonly token: string;
  readonly #path: string | undefined;

  private constructor(token: string, path: string | undefined) {
    this.token = token;
    this.#path = path;
  }

  /** @param feedback the path of the feedback file, which this process has locked @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE; errors of Node */
  static async of(feedback: string, given: string | undefined): Promise<KeptToken> {
    if (given !== undefined) return new KeptToken(given, undefined);
    const path = `${feedback}.token`;
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const left = stats?.isFile() && isOwn(stats) ? await readFile(path, 'utf8') : '';
    if (TOKEN.test(left)) return new KeptToken(left, path);
    // Others could have read or written it.
    if (stats?.isFile()) await removeQuietly(path);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await writing(path, () => writeNewFile(path, token, OWNER_ALONE));
    return new KeptToken(token, path);
  }

  /** The next start makes another. */
  async forget(): Promise<void> {
    if (this.#path !== undefined) await removeQuietly(this.#path);
  }
}

function isOwn({ uid, mode }: Stats): boolean {
  // Windows has neither.
  return process.getuid === undefined || (uid === process.getuid() && (mode & OTHERS) === 0);
}
