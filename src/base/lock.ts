import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BowerbirdError, codeOf } from './errors.ts';
import { fileSystem, type OpenFile } from './file-system.ts';
import { linkNew, remove, removeQuietly, TEMPORARY_SUFFIX, writing } from './files.ts';
import { isIdentity, lifeOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** A holder writes its lock anew this often. */
const HEARTBEAT_MS = 3000;
/**
 * A holder that cannot be looked up from here (another container or machine) counts as dead once its lock has not been
 * written for this long. Planning and DuckDB may keep a process from its heartbeat for seconds.
 */
const LEASE_MS = 60_000;
const POLL_MS = 500;

/** Makes the error for a lock that `who` ("process 7 on host") holds. */
export type LockedError = (who: string) => BowerbirdError;

/** A lock that this process holds. */
export interface Lock {
  /**
   * Looks whether it still does: a process that was stopped for long may have been taken for dead.
   *
   * @throws what `lockedError` makes; BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE
   */
  assertHeld(): Promise<void>;
  /** Gives it back, where it is still held. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  release(): Promise<void>;
}

/** What a lock file says. */
interface Content extends ProcessIdentity {
  readonly token: string;
}

/** Tells what is waited for, where that takes seconds. */
export type OnWait = (message: string) => void;

/**
 * Takes a folder for this process by a lock file, so that two processes never write into one. The lock of a process
 * that is gone is taken over: at once where this machine's kernel knows that it is gone, else after a minute without
 * heartbeat, by the clock of the file system that the lock lies on.
 *
 * @throws what `lockedError` makes, where another process holds the lock; errors of the file system as they are
 */
export async function takeLock(lockPath: string, lockedError: LockedError, onWait?: OnWait): Promise<Lock> {
  const candidate = await Candidate.make(lockPath);
  try {
    for (;;) {
      if (await candidate.claimFree()) return await candidate.hold(lockedError);
      const holder = await readHolder(lockPath);
      if (!holder) continue;
      const state = await stateOf(holder, lockPath, candidate, onWait);
      if (state === 'alive') throw lockedError(describe(holder));
      if (state === 'dead' && (await candidate.succeed(holder))) return await candidate.hold(lockedError);
    }
  } catch (thrown) {
    await candidate.discard();
    throw thrown;
  }
}

/** What is seen of whoever holds a lock. */
export interface SeenHolder {
  /** "process 7 on host" */
  readonly who: string;
  /** Since it wrote its lock, by this machine's clock. */
  readonly silentMs: number;
  readonly isAlive: boolean;
}

/** Looks at a lock and leaves it as it is; undefined where nobody holds it. @throws errors of the file system as they are */
export async function lookAtLock(lockPath: string): Promise<SeenHolder | undefined> {
  const holder = await readHolder(lockPath);
  if (!holder) return undefined;
  const silentMs = Math.max(0, Date.now() - holder.mtimeMs);
  const life = holder.identity ? lifeOf(holder.identity) : 'unknown';
  return {
    ...{ who: describe(holder), silentMs },
    isAlive: life === 'unknown' ? silentMs < LEASE_MS : life === 'alive',
  };
}

/** A lock file that is written but has not got the name yet. */
class Candidate {
  readonly #lockPath: string;
  readonly #path: string;
  readonly #content: string;
  readonly #handle: OpenFile;

  private constructor(lockPath: string, path: string, content: string, handle: OpenFile) {
    this.#lockPath = lockPath;
    this.#path = path;
    this.#content = content;
    this.#handle = handle;
  }

  static async make(lockPath: string): Promise<Candidate> {
    const token = randomUUID();
    const content: Content = { token, ...ownIdentity() };
    const path = `${lockPath}.${token}${TEMPORARY_SUFFIX}`;
    const handle = await fileSystem().open(path, 'wx+');
    const candidate = new Candidate(lockPath, path, `${JSON.stringify(content)}\n`, handle);
    try {
      await candidate.beat();
    } catch (thrown) {
      // A full disk takes names and no content.
      await candidate.discard();
      throw thrown;
    }
    return candidate;
  }

  /** Writes the same again: the file system, not this machine, dates it. */
  async beat(): Promise<void> {
    await this.#handle.write(this.#content, 0);
  }

  /** What the file system's clock says. */
  async now(): Promise<number> {
    await this.beat();
    return (await this.#handle.stat()).mtimeMs;
  }

  /** Takes the name where it is free. */
  async claimFree(): Promise<boolean> {
    return this.#claim(this.#lockPath);
  }

  /**
   * Takes the name from a dead holder. Only one heir may: who first gets the name that its token gives. Should that one
   * die before it has replaced the lock, its own token gives the name for the next.
   */
  async succeed(dead: Holder): Promise<boolean> {
    const claims: string[] = [];
    for (let last: Holder = dead; ; ) {
      const claim = `${this.#lockPath}.${last.token}.heir`;
      if (await this.#claim(claim)) {
        claims.push(claim);
        break;
      }
      const heir = await readHolder(claim);
      if (!heir || (await stateOf(heir, claim, this, undefined)) !== 'dead') {
        await sleep(POLL_MS / 10);
        return false;
      }
      claims.push(claim);
      last = heir;
    }
    try {
      const isOpen = (await readHolder(this.#lockPath))?.token === dead.token;
      // Others look at the name all the time: it goes from the dead to the heir in one step.
      if (isOpen) await fileSystem().rename(this.#path, this.#lockPath);
      return isOpen;
    } finally {
      for (const claim of claims) await removeQuietly(claim);
    }
  }

  /** The lock is this one's: from now on it beats. */
  async hold(lockedError: LockedError): Promise<Lock> {
    const handle = await this.#settle();
    const timer = setInterval(() => {
      // A full disk or a share that is away for a moment is met by the work itself.
      handle.write(this.#content, 0).catch(() => undefined);
    }, HEARTBEAT_MS).unref();
    const isHeld = async (): Promise<boolean> => {
      const [named, mine] = await Promise.all([
        fileSystem().stat(this.#lockPath).catch(whereNothingIs),
        handle.stat(),
      ]);
      return named?.ino === mine.ino && named.dev === mine.dev;
    };
    return {
      assertHeld: () =>
        writing(this.#lockPath, async () => {
          if (await isHeld()) return;
          throw lockedError(`${describe(await readHolder(this.#lockPath))}, which took it from this one`);
        }),
      release: async () => {
        clearInterval(timer);
        try {
          if (await writing(this.#lockPath, isHeld)) await remove(this.#lockPath);
        } finally {
          await handle.close();
        }
      },
    };
  }

  /** Removes what the dead left and opens the lock itself: where there are no links, it is a copy of the candidate. */
  async #settle(): Promise<OpenFile> {
    try {
      await this.#sweep();
      const handle = await fileSystem().open(this.#lockPath, 'r+');
      await this.discard();
      return handle;
    } catch (thrown) {
      // While this process lives, nobody could take it over.
      await removeQuietly(this.#lockPath);
      throw thrown;
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await removeQuietly(this.#path);
  }

  async #claim(path: string): Promise<boolean> {
    try {
      await linkNew(this.#path, path);
      return true;
    } catch (thrown) {
      if (codeOf(thrown) === 'EEXIST') return false;
      throw thrown;
    }
  }

  /** Claims on dead locks mean nothing once the lock has a new holder, nor do candidates that were killed. */
  async #sweep(): Promise<void> {
    const folder = dirname(this.#lockPath);
    const prefix = `${basename(this.#lockPath)}.`;
    const nowMs = await this.now();
    for (const { name } of await fileSystem().readdir(folder, { withFileTypes: true })) {
      const [, kind] = (name.startsWith(prefix) && LEFT_OVER.exec(name.slice(prefix.length))) || [];
      const path = join(folder, name);
      if (kind === 'heir' || (kind === 'tmp' && (await isAbandoned(path, nowMs))))
        await fileSystem().rm(path, { force: true });
    }
  }
}

/** A candidate that waits is written all the time. */
async function isAbandoned(path: string, nowMs: number): Promise<boolean> {
  const candidate = await readHolder(path);
  if (!candidate) return false;
  const life = candidate.identity ? lifeOf(candidate.identity) : 'unknown';
  return life === 'dead' || (life === 'unknown' && nowMs - candidate.mtimeMs > LEASE_MS);
}

function whereNothingIs(thrown: unknown): undefined {
  if (codeOf(thrown) !== 'ENOENT') throw thrown;
}

const LEFT_OVER = /^[0-9a-f-]{36}\.(tmp|heir)$/;

/** What can be told of whoever holds a lock. */
interface Holder {
  readonly token: string;
  readonly identity: ProcessIdentity | undefined;
  readonly mtimeMs: number;
}

/** Whoever holds the lock; undefined where it was released. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const [text, { ino, mtimeMs }] = await Promise.all([
      fileSystem().readFile(path, 'utf8'),
      fileSystem().stat(path),
    ]);
    return { ...parse(text, ino), mtimeMs };
  } catch (thrown) {
    return whereNothingIs(thrown);
  }
}

/** A lock that is not of this form, or not whole, is known by its inode. */
function parse(text: string, inode: number): Pick<Holder, 'token' | 'identity'> {
  try {
    const content = JSON.parse(text) as Partial<Content> | null;
    const token = /^[0-9a-f-]{36}$/.exec(content?.token ?? '')?.[0];
    if (token && isIdentity(content)) return { token, identity: content };
  } catch {
    // Cut short, or somebody else's.
  }
  return { token: String(inode).padStart(36, '0'), identity: undefined };
}

/** What became of the holder: what the kernel says, else whether the lock is written within the lease. */
async function stateOf(
  holder: Holder,
  path: string,
  clock: Pick<Candidate, 'now'>,
  onWait: OnWait | undefined,
): Promise<'alive' | 'dead' | 'gone'> {
  const life = holder.identity ? lifeOf(holder.identity) : 'unknown';
  if (life !== 'unknown') return life;
  let isTold = false;
  for (;;) {
    const present = await readHolder(path);
    if (present?.token !== holder.token) return 'gone';
    if (present.mtimeMs !== holder.mtimeMs) return 'alive';
    const ageMs = (await clock.now()) - holder.mtimeMs;
    if (ageMs > LEASE_MS) return 'dead';
    if (!isTold) onWait?.(`${path} is held by ${describe(holder)}. Waiting for a sign of life of it ...`);
    isTold = true;
    await sleep(POLL_MS);
  }
}

function describe(holder: Holder | undefined): string {
  return holder?.identity ? `process ${holder.identity.pid} on ${holder.identity.host}` : 'another process';
}
