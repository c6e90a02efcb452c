import { createHash } from 'node:crypto';
import { atOnce } from '../base/at-once.ts';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { remove } from '../base/files.ts';
import { digestFile, type FileDigest } from '../runs/file-digest.ts';
import { shardFileName } from '../runs/run-files.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { parseRunRecord, type RunRecord } from '../runs/run-record.ts';
import type { ShardStats } from '../runs/stats.ts';
import { shardName } from '../samples/key.ts';
import { fetchObject } from '../storage/copying.ts';
import { REPLACING } from '../storage/output-journal.ts';
import { damagedShard, OTHER_CONTENT } from './damaged-shard.ts';
import type { HeldRun } from './held-run.ts';
import { restoreRecord } from './lost-record.ts';
import { isWhole, laidName, type ObjectBackend } from './object-backend.ts';
import type { RunBackend } from './run-backend.ts';

/** Says that a finished shard is being replaced by what a worker has laid. */
interface Replacement {
  readonly format: 'bowerbird-replacement';
  readonly version: 1;
  readonly worker: string;
  /** What the shard's stats file will say; it is among what is laid, too. */
  readonly stats: ShardStats;
  /** Of the stats of the shard as it was: sha256 (hex). */
  readonly replaces: string;
  /** Files of the shard as it was that have no successor. */
  readonly gone: readonly string[];
}

const FORMAT = { format: 'bowerbird-replacement', version: 1 } as const;
const REQUESTS_AT_ONCE = 8;

/**
 * Finished shards of a run in object storage that one process replaces, since rows of theirs were tried again. It holds the run's lock.
 *
 * What replaces a shard is uploaded to `.workers/NAME/00000/`, with its stats; a marker in `.replacing` names it; then the store itself copies the files over those that are
 * there, the stats last. Whoever takes the lock next ends what a marker names, before all else. Of an upload that no marker names nothing is seen, and a merge removes it.
 * Nobody removes a marker but after its end, or where it came too late: each has a name of its own, and says which state of the shard it is about.
 */
export class ReplacedShards {
  readonly backend: ObjectBackend;
  readonly #held: HeldRun;
  #begun: Promise<void> | undefined;

  constructor(backend: ObjectBackend, held: HeldRun) {
    this.backend = backend;
    this.#held = held;
  }

  /**
   * Ends replacements that were cut short, in a run whose run.json is whole, or put back from its plan.
   *
   * @param onNote told where it was put back
   * @throws BowerbirdError BB_RUN_CORRUPT, BB_PLAN_CORRUPT, BB_RUN_LOCKED; BB_STORAGE_*
   */
  async settle(onNote: (text: string) => void): Promise<void> {
    const write = (text: string) => this.#held.put('run.json', Buffer.from(text));
    await restoreRecord(this.backend, write, onNote);
    for (const name of await this.backend.names(REPLACING)) {
      const text = await this.backend.read(`${REPLACING}/${name}`);
      if (text === undefined) continue;
      const marker = this.#parse(name, text);
      if (await this.#isLate(marker)) await this.#forget(marker);
      else await this.#publish(marker);
    }
  }

  /** Fetches what a finished shard consists of into a worker's folder. @throws BowerbirdError BB_RUN_CORRUPT; BB_DISK_FULL, BB_SHARD_WRITE, BB_STORAGE_* */
  async fetch(stats: ShardStats, scratch: RunFolder): Promise<void> {
    const storage = await this.backend.storage();
    const rows = shardFileName('metadata', stats.shard_id);
    // Those are written anew from the input.
    const wanted = Object.entries(stats.files).filter(([name]) => name !== rows);
    for (const [name, digest] of wanted) {
      const leaves = await this.#leavesOf(name, digest);
      await atOnce(REQUESTS_AT_ONCE, leaves, (leaf) =>
        fetchObject(storage, { url: this.backend.place(leaf) }, scratch.file(leaf)),
      ).catch((thrown: unknown) => {
        throw codeOf(thrown) === 'BB_STORAGE_NOT_FOUND' ? this.#damaged(stats, name) : thrown;
      });
      const isSame = leaves.length > 0 && (await digestFile(scratch.file(name))).sha256 === digest.sha256;
      if (!isSame) throw this.#damaged(stats, name);
    }
  }

  #damaged(stats: ShardStats, name: string): BowerbirdError {
    const { backend } = this;
    return damagedShard({ backend, shardId: stats.shard_id, stats }, backend.place(name), OTHER_CONTENT);
  }

  /**
   * Replaces a finished shard by what lies in a worker's folder, and removes that.
   *
   * @throws BowerbirdError BB_RUN_LOCKED where another process has taken the run; BB_RUN_CORRUPT; BB_STORAGE_*
   */
  async replace(
    worker: string,
    stats: ShardStats,
    { earlier, scratch }: { readonly earlier: ShardStats; readonly scratch: RunFolder },
  ): Promise<void> {
    this.#begun ??= this.#begin();
    await this.#begun;
    await this.backend.lay(worker, stats);
    const statsName = shardFileName('stats', stats.shard_id);
    await this.backend.write(laidName(worker, stats, statsName), `${JSON.stringify(stats, null, 2)}\n`);
    const laid = new Set(await this.#below(laidName(worker, stats, '')));
    const gone: string[] = [];
    for (const [name, digest] of Object.entries(earlier.files))
      gone.push(...(await this.#leavesOf(name, digest)).filter((leaf) => !laid.has(leaf)));
    const replaces = digestOf(earlier);
    const marker: Replacement = { ...FORMAT, worker, stats, replaces, gone };
    await this.#held.put(markerName(marker), Buffer.from(`${JSON.stringify(marker)}\n`));
    await this.#publish(marker);
    const names = [...Object.keys(stats.files), ...Object.keys(earlier.files)];
    for (const name of new Set(names)) await remove(scratch.file(name));
  }

  /** What reads the run is to know that its merged files are not of all that it has now. */
  async #begin(): Promise<void> {
    const standing = await this.#record();
    if (!standing) return;
    const record = { ...standing.record, state: 'running' };
    const [plain, indented] = [undefined, 2].map((indent) => `${JSON.stringify(record, null, indent)}\n`);
    // Other bytes than stood there, whose ETag is another: who slept as it put a run.json back finds that.
    await this.#held.put('run.json', Buffer.from(standing.text === indented ? plain! : indented!));
  }

  async #record(): Promise<{ readonly text: string; readonly record: RunRecord } | undefined> {
    const text = await this.backend.read('run.json');
    return text === undefined
      ? undefined
      : { text, record: parseRunRecord(text, this.backend.place('run.json')) };
  }

  /** Whether the shard was replaced by another since: a marker that was on its way as its writer fell asleep. */
  async #isLate({ stats, replaces }: Replacement): Promise<boolean> {
    const standing = await this.backend.finished(stats.shard_id);
    return standing !== undefined && ![replaces, digestOf(stats)].includes(digestOf(standing));
  }

  async #forget(marker: Replacement): Promise<void> {
    const laid = laidName(marker.worker, marker.stats, '');
    const leaves = await this.#below(laid);
    await this.#held.assertHeld();
    await this.#held.delete(markerName(marker));
    await atOnce(REQUESTS_AT_ONCE, leaves, (leaf) => this.#held.delete(laid + leaf));
  }

  /** The same by whomever, one after the other. */
  async #publish(marker: Replacement): Promise<void> {
    const { worker, stats, gone } = marker;
    const laid = laidName(worker, stats, '');
    const statsName = shardFileName('stats', stats.shard_id);
    const leaves = new Set(await this.#below(laid));
    if (!leaves.has(statsName) || !isWhole(leaves, stats))
      throw await this.#lost(laid, 'lacks files that a marker names');
    const files = [...leaves].filter((leaf) => leaf !== statsName);
    const copy = (leaf: string) => this.#held.copy(laid + leaf, leaf);
    try {
      await atOnce(REQUESTS_AT_ONCE, files, copy);
      await this.#held.assertHeld();
      await copy(statsName);
    } catch (thrown) {
      if (codeOf(thrown) !== 'BB_STORAGE_NOT_FOUND') throw thrown;
      throw await this.#lost(laid, 'lacks files that a marker names');
    }
    await atOnce(REQUESTS_AT_ONCE, gone, (name) => this.#held.delete(name));
    await this.#forget(marker);
  }

  /** Where something is not as this process has left it, another has taken the run, or somebody has removed files. */
  async #lost(name: string, what: string): Promise<BowerbirdError> {
    await this.#held.assertHeld();
    return corrupt(this.backend.place(name), what);
  }

  #parse(name: string, text: string): Replacement {
    try {
      const marker = JSON.parse(text) as Replacement;
      const isMarker = marker?.format === FORMAT.format && marker.version === FORMAT.version;
      if (isMarker && marker.stats && name === leafOf(marker)) return marker;
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
    }
    throw corrupt(this.backend.place(`${REPLACING}/${name}`), 'is no marker of a replaced shard');
  }

  /** A file of a shard, or those in a folder of images. */
  async #leavesOf(name: string, { entries }: FileDigest): Promise<string[]> {
    if (entries === undefined) return [name];
    return (await this.#below(`${name}/`)).map((leaf) => `${name}/${leaf}`);
  }

  async #below(prefix: string): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.backend.below(prefix)) names.push(name);
    return names;
  }
}

/** The finished shards of a run of which a replacement is not at its end, in order. @throws BB_STORAGE_* */
export async function shardsInReplacement(backend: Pick<RunBackend, 'names'>): Promise<number[]> {
  const ids = (await backend.names(REPLACING)).map((name) => Number.parseInt(name, 10));
  return [...new Set(ids.filter(Number.isSafeInteger))].sort((a, b) => a - b);
}

/** One of its own for each process: who was asleep as it removed its marker removes no other's. */
function leafOf({ worker, stats }: Replacement): string {
  return `${shardName(stats.shard_id)}-${worker}.json`;
}

function markerName(marker: Replacement): string {
  return `${REPLACING}/${leafOf(marker)}`;
}

function digestOf(stats: ShardStats): string {
  return createHash('sha256').update(JSON.stringify(stats)).digest('hex');
}

function corrupt(path: string, what: string): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} ${what}. Remove the marker of that shard in ${REPLACING}, its stats and its marker in .commits, and let a worker do the shard again.`,
    { fields: { path } },
  );
}
