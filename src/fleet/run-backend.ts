import type { ShardStats } from '../runs/stats.ts';

/** What became of workers that left something behind. */
export interface Tidied {
  /** Workers that were gone, and whose remains were removed. */
  readonly buried: number;
  /** Workers that are at work; undefined where that cannot be told. */
  readonly alive: number | undefined;
}

/**
 * Where a run lies that several workers fill: the steps of the protocol of `SharedRun`. Names are those of files in the run folder: `stats/00000_stats.json`.
 * All of it throws BowerbirdError, where it is not the run's own files that are at fault: BB_SHARD_WRITE and BB_DISK_FULL of file systems, BB_STORAGE_* of object storage.
 */
export interface RunBackend {
  /** The run, as people name it: a path or a URL. */
  readonly at: string;
  /** A file of the run, as people name it. */
  place(name: string): string;
  /** Makes what workers share. */
  create(): Promise<void>;
  /** The names in a folder of the run; none where there is no such folder. */
  names(folder: string): Promise<string[]>;
  has(name: string): Promise<boolean>;
  /** A text; undefined where nothing has that name. */
  read(name: string): Promise<string | undefined>;
  /** Writes a text, whole, in the place of what has the name. */
  write(name: string, text: string): Promise<void>;
  /** The same, unless something has the name: false then. */
  writeNew(name: string, text: string): Promise<boolean>;
  /** Removes a file, or a folder with all below it, where there is one. */
  remove(name: string): Promise<void>;

  /** The stats of a shard that is committed and, where that can be seen at once, has its files in their places. */
  finished(shardId: number): Promise<ShardStats | undefined>;
  /**
   * Writes the stats of a shard whose files are in their places, unless it has them; nothing that a worker has laid of it is left.
   *
   * @returns the stats that stand then; undefined where files that they name are gone
   */
  finish(worker: string, stats: ShardStats): Promise<ShardStats | undefined>;

  /** A new folder of this machine in which a worker makes its shards. */
  makeWorkFolder(worker: string): Promise<string>;
  /** Brings the files of a finished shard from there to where anybody can bring them to their places. */
  lay(worker: string, stats: ShardStats): Promise<void>;
  /**
   * Writes the marker of a shard, unless it has one.
   *
   * @returns whether it is this worker's beyond doubt; where it is not, what stands tells
   * @throws BowerbirdError BB_RUN_LOCKED where what the worker has laid was taken from it
   */
  mark(worker: string, name: string, text: string): Promise<boolean>;
  /** Brings what a worker has laid to its places: the same by whomever, at once or one after the other. */
  bringHome(worker: string, stats: ShardStats): Promise<void>;
  /** Removes what a worker has laid of a shard that another has committed. */
  clear(worker: string, stats: ShardStats): Promise<void>;

  /**
   * Removes what workers have left that are gone.
   *
   * @param settle ends what is committed and not yet in its place
   * @param assertHeld asked before each removal where another may have laid something meanwhile
   */
  tidy(settle: () => Promise<void>, assertHeld: () => Promise<void>): Promise<Tidied>;
  /** Removes what no listing of the run shows and killed writers left in its place a day ago and more. */
  removeLeftovers(): Promise<void>;
}
