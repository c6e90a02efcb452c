import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { TEMPORARY_SUFFIX } from '../base/files.ts';
import { shardName } from '../samples/key.ts';

/** The names of everything in a run folder (docs/formats.md). */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get runRecord(): string {
    return join(this.path, 'run.json');
  }
  get bucketsJson(): string {
    return join(this.path, 'buckets.json');
  }
  get bucketsParquet(): string {
    return join(this.path, 'buckets.parquet');
  }
  get whatIf(): string {
    return join(this.path, 'what-if.json');
  }
  get report(): string {
    return join(this.path, 'report.html');
  }
  /** Text inputs as Parquet, and what DuckDB spills. */
  get staging(): string {
    return join(this.path, '.staging');
  }
  get bucketMeans(): string {
    return join(this.path, 'bucket_means');
  }
  /** A file by the name that other files of the run know it by. */
  file(name: string): string {
    return join(this.path, name);
  }
  tags(shardId: number): string {
    return join(this.path, 'tags', `${shardName(shardId)}.parquet`);
  }
  partials(shardId: number): string {
    return join(this.path, 'partials', `${shardName(shardId)}.arrow`);
  }
  thumbnails(shardId: number): string {
    return join(this.path, 'thumbnails', `${shardName(shardId)}.json`);
  }
  stats(shardId: number): string {
    return join(this.path, 'stats', `${shardName(shardId)}_stats.json`);
  }
  embeddings(shardId: number): string {
    return join(this.path, 'img_emb', `img_emb_${shardName(shardId)}.npy`);
  }
  metadata(shardId: number): string {
    return join(this.path, 'metadata', `metadata_${shardName(shardId)}.parquet`);
  }

  async create(saveEmbeddings: boolean): Promise<void> {
    const folders = SHARD_FOLDERS.filter((name) => saveEmbeddings || !EMBEDDING_FOLDERS.includes(name));
    for (const name of [...folders, '.staging']) await mkdir(join(this.path, name), { recursive: true });
  }

  /**
   * Finished shards without a run.json cannot be told from those of other inputs or settings.
   *
   * @throws BowerbirdError BB_RUN_CORRUPT
   */
  async refuseOrphans(): Promise<void> {
    const names = await readNames(join(this.path, 'stats'));
    if (!names.some((name) => name.endsWith('_stats.json'))) return;
    throw new BowerbirdError(
      'BB_RUN_CORRUPT',
      `${this.path} has finished shards but no run.json, so nothing tells what they were made with. ` +
        'Put run.json back, choose another --output-folder, or start over with --incremental-mode overwrite.',
      { fields: { path: this.runRecord } },
    );
  }

  /** Removes what a killed run left half-written. */
  async removeTemporaries(): Promise<void> {
    for (const name of ['.', ...SHARD_FOLDERS, 'bucket_means', '.staging']) {
      const folder = join(this.path, name);
      for (const file of await readNames(folder)) {
        if (file.endsWith(TEMPORARY_SUFFIX)) await rm(join(folder, file), { force: true });
      }
    }
  }

  /** Removes all that a run writes; what else lies in the folder stays. */
  async removeResults(): Promise<void> {
    const files = ['run.json', 'buckets.json', 'buckets.parquet', 'what-if.json', 'report.html'];
    // The commit markers go first: a kill in between leaves shards that are redone, never half of one.
    for (const name of ['stats', ...SHARD_FOLDERS, 'bucket_means', '.staging', ...files]) {
      await rm(join(this.path, name), { recursive: true, force: true });
    }
  }
}

const EMBEDDING_FOLDERS = ['img_emb', 'metadata'];
const SHARD_FOLDERS = ['tags', 'partials', 'thumbnails', 'stats', ...EMBEDDING_FOLDERS];

async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
