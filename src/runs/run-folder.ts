import { join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { makeFolders, remove, TEMPORARY_SUFFIX, writing } from '../base/files.ts';
import { readNames, SHARD_FILES, SHARD_FOLDERS, type ShardFileKind, shardFileName } from './run-files.ts';

/** Which files of shards are saved beside those that every run has. */
interface SavedParts {
  readonly saveEmbeddings?: boolean;
  readonly saveConsent?: boolean;
  /** Anything where images are saved. */
  readonly savedImages?: object;
}

/** The names of everything in a run folder (docs/formats.md). */
export class RunFolder {
  readonly path: string;
  /** Where the run will be once it is done. */
  readonly publishedPath: string;

  constructor(path: string, publishedPath: string = path) {
    this.path = path;
    this.publishedPath = publishedPath;
  }

  get runRecord(): string {
    return join(this.path, 'run.json');
  }
  /** What a merge of runs has in the place of run.json. */
  get mergeRecord(): string {
    return join(this.path, 'merged.json');
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
  /** The run that is to replace this one, while it is made. */
  get overwriting(): RunFolder {
    return new RunFolder(join(this.path, '.overwrite'), this.path);
  }
  /** A file by the name that other files of the run know it by. */
  file(name: string): string {
    return join(this.path, name);
  }
  tags(shardId: number): string {
    return this.shardFile('tags', shardId);
  }
  partials(shardId: number): string {
    return this.shardFile('partials', shardId);
  }
  thumbnails(shardId: number): string {
    return this.shardFile('thumbnails', shardId);
  }
  stats(shardId: number): string {
    return this.shardFile('stats', shardId);
  }
  embeddings(shardId: number): string {
    return this.shardFile('embeddings', shardId);
  }
  metadata(shardId: number): string {
    return this.shardFile('metadata', shardId);
  }
  shardFile(kind: ShardFileKind | 'stats', shardId: number): string {
    return join(this.path, shardFileName(kind, shardId));
  }

  /** Makes the folders of the files that the run will have. */
  async create({ saveEmbeddings = false, saveConsent = false, savedImages }: SavedParts): Promise<void> {
    const left = [
      ...(saveEmbeddings ? [] : EMBEDDING_FOLDERS),
      ...(saveConsent ? [] : CONSENT_FOLDERS),
      ...(savedImages ? [] : IMAGE_FOLDERS),
    ];
    const folders = SHARD_FOLDERS.filter((name) => !left.includes(name));
    await writing(this.path, async () => {
      for (const name of [...folders, '.staging']) await makeFolders(join(this.path, name));
    });
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
      `${this.publishedPath} has finished shards but no run.json, so nothing tells what they were made with. ` +
        'Put run.json back, choose another --output-folder, or start over with --incremental-mode overwrite.',
      { fields: { path: this.runRecord } },
    );
  }

  /**
   * Removes what a killed run left half-written, and what one that lost the folder has staged: should it wake, it finds
   * nothing to commit.
   */
  async removeTemporaries(): Promise<void> {
    for (const name of ['.', ...SHARD_FOLDERS, 'bucket_means', '.staging']) {
      const folder = join(this.path, name);
      for (const file of await readNames(folder)) {
        // Others may be asking for the lock.
        if (file.endsWith(TEMPORARY_SUFFIX) && !file.startsWith('.lock.')) await remove(join(folder, file));
      }
    }
  }
}

const CONSENT_FOLDERS: readonly string[] = [SHARD_FILES.consent.folder];
const IMAGE_FOLDERS: readonly string[] = [SHARD_FILES.savedTable.folder];
const EMBEDDING_FOLDERS: readonly string[] = [SHARD_FILES.embeddings.folder, SHARD_FILES.metadata.folder];
