import { atOnce } from '../base/at-once.ts';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { remove } from '../base/files.ts';
import type { Lock } from '../base/lock.ts';
import { digestFile, type FileDigest } from '../runs/file-digest.ts';
import { shardFileName } from '../runs/run-files.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import type { ShardStats } from '../runs/stats.ts';
import { shardName } from '../samples/key.ts';
import { fetchObject } from '../storage/copying.ts';
import { damagedObject } from './damaged-object.ts';
import { isWhole, laidName, type ObjectBackend } from './object-backend.ts';

/** Says that a finished shard is being replaced by what a worker has laid. */
interface Replacement {
  readonly format: 'bowerbird-replacement';
  readonly version: 1;
  readonly worker: string;
  /** What the shard's stats file will say; it is among what is laid, too. */
  readonly stats: ShardStats;
  /** Files of the shard as it was that have no successor. */
  readonly gone: readonly string[];
}

const FOLDER = '.replacing';
const REQUESTS_AT_ONCE = 8;

/**
 * Finished shards of a run in object storage that one process replaces, since rows of theirs were tried again. It holds the run's lock.
 *
 * What replaces a shard is uploaded to `.workers/NAME/00000/`, with its stats; a marker in `.replacing` names it; then the store itself copies the files over those that are
 * there, the stats last. Whoever takes the lock next ends what a marker names, before all else. Of an upload that no marker names nothing is seen, and a merge removes it.
 */
export class ReplacedShards {
  readonly backend: ObjectBackend;
  readonly #lock: Lock;
  #begun: Promise<void> | undefined;

  /** @param lock of the run */
  constructor(backend: ObjectBackend, lock: Lock) {
    this.backend = backend;
    this.#lock = lock;
  }

  /** Ends replacements that were cut short. @throws BowerbirdError BB_RUN_CORRUPT, BB_RUN_LOCKED; BB_STORAGE_* */
  async settle(): Promise<void> {
    for (const name of await this.backend.names(FOLDER)) {
      const text = await this.backend.read(`${FOLDER}/${name}`);
      if (text !== undefined) await this.#publish(this.#parse(name, text));
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
        throw codeOf(thrown) === 'BB_STORAGE_NOT_FOUND'
          ? damagedObject(this.backend.place(name), stats.shard_id)
          : thrown;
      });
      const isSame = leaves.length > 0 && (await digestFile(scratch.file(name))).sha256 === digest.sha256;
      if (!isSame) throw damagedObject(this.backend.place(name), stats.shard_id);
    }
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
    const marker: Replacement = { format: 'bowerbird-replacement', version: 1, worker, stats, gone };
    await this.#lock.assertHeld();
    if (!(await this.backend.writeNew(markerName(stats), `${JSON.stringify(marker)}\n`)))
      throw await this.#lost(markerName(stats), 'is the marker of another process');
    await this.#publish(marker);
    const names = [...Object.keys(stats.files), ...Object.keys(earlier.files)];
    for (const name of new Set(names)) await remove(scratch.file(name));
  }

  /** What reads the run is to know that its merged files are not of all that it has now. */
  async #begin(): Promise<void> {
    const text = await this.backend.read('run.json');
    if (text === undefined) return;
    const record = { ...(JSON.parse(text) as object), state: 'running' };
    await this.#lock.assertHeld();
    await this.backend.write('run.json', `${JSON.stringify(record, null, 2)}\n`);
  }

  /** The same by whomever, one after the other. */
  async #publish({ worker, stats, gone }: Replacement): Promise<void> {
    const storage = await this.backend.storage();
    const place = (name: string): string => this.backend.place(name);
    const laid = laidName(worker, stats, '');
    const statsName = shardFileName('stats', stats.shard_id);
    const leaves = new Set(await this.#below(laid));
    if (!leaves.has(statsName) || !isWhole(leaves, stats))
      throw await this.#lost(laid, 'lacks files that a marker names');
    const files = [...leaves].filter((leaf) => leaf !== statsName);
    const copy = (leaf: string) => storage.copy(place(laid + leaf), place(leaf));
    try {
      await atOnce(REQUESTS_AT_ONCE, files, copy);
      await copy(statsName);
    } catch (thrown) {
      if (codeOf(thrown) !== 'BB_STORAGE_NOT_FOUND') throw thrown;
      throw await this.#lost(laid, 'lacks files that a marker names');
    }
    await atOnce(REQUESTS_AT_ONCE, gone, (name) => storage.delete(place(name)));
    await storage.delete(place(markerName(stats)));
    await atOnce(REQUESTS_AT_ONCE, leaves, (leaf) => storage.delete(place(laid + leaf)));
  }

  /** Where something is not as this process has left it, another has taken the run, or somebody has removed files. */
  async #lost(name: string, what: string): Promise<BowerbirdError> {
    await this.#lock.assertHeld();
    return corrupt(this.backend.place(name), what);
  }

  #parse(name: string, text: string): Replacement {
    try {
      const marker = JSON.parse(text) as Replacement;
      if (marker.format === 'bowerbird-replacement' && marker.version === 1) return marker;
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
    }
    throw corrupt(this.backend.place(`${FOLDER}/${name}`), 'is no marker of a replaced shard');
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

function markerName({ shard_id }: ShardStats): string {
  return `${FOLDER}/${shardName(shard_id)}.json`;
}

function corrupt(path: string, what: string): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} ${what}. Remove the marker of that shard in ${FOLDER}, its stats and its marker in .commits, and let a worker do the shard again.`,
    { fields: { path } },
  );
}
