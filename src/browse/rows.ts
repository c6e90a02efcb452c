import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { Downloader } from '../download/downloader.ts';
import { type DuckDBConnection, type DuckDBInstance, openDuckDb } from '../tables/duckdb.ts';
import type { Collection, PictureRun } from './collection.ts';
import { Foreground } from './foreground.ts';
import { factsOf, type IndexFacts } from './index-facts.ts';
import { openCollection } from './open-collection.ts';
import type { ReadProgress, RowOptions } from './options.ts';
import type { InputTools } from './pictures/input-pictures.ts';
import type { PicturePlace } from './pictures/picture-place.ts';
import { Pictures, type RunPictures } from './pictures/pictures.ts';
import { Renderer } from './pictures/renderer.ts';
import { openInputs } from './pictures/run-inputs.ts';
import { RunKeys } from './pictures/run-keys.ts';
import { openSaved } from './pictures/saved-images.ts';
import { openThumbnails } from './pictures/thumbnails.ts';
import { RowNames } from './row-names.ts';
import { RowTexts } from './row-texts.ts';
import { readScores, type ScoreIndex } from './score-index.ts';
import { Views } from './views.ts';
import { type IntegerColumn, readIntegers } from './whole-column.ts';

/** Images that are read at one time, in bytes. */
const MAX_BYTES_IN_FLIGHT = 128 * 1024 * 1024;

/** What can be asked once the scores are read. */
export interface ReadRows {
  readonly index: ScoreIndex;
  /** Complete once `BrowsedRows.texts` is there. */
  readonly texts: RowTexts;
  readonly names: RowNames;
  readonly views: Views;
  readonly pictures: Pictures;
  readonly facts: IndexFacts;
  /** A column of integers of all rows; undefined where there is none. @throws TableError BB_SHARD_READ, BB_INPUT_UNREADABLE */
  integers(column: string): Promise<IntegerColumn | undefined>;
}

/**
 * A collection that is read: first scores, with which there is something to show; then captions and URLs. Whoever asks for what is
 * not there yet waits for it.
 */
export class BrowsedRows {
  readonly collection: Collection;
  /** The scores and what hangs on them. */
  readonly scored: Promise<ReadRows>;
  /** Captions and URLs; where they are left, with those of single rows alone. */
  readonly texts: Promise<RowTexts>;
  progress: ReadProgress;
  areScoresRead = false;
  areTextsRead = false;
  /** What ended the reading, where it was not its end. */
  failure: string | null = null;
  readonly #options: RowOptions;
  readonly #instance: DuckDBInstance;
  readonly #folder: string;
  readonly #connections: DuckDBConnection[] = [];
  readonly #closing = new AbortController();
  readonly #foreground = new Foreground(this.#closing.signal);
  readonly #renderer = new Renderer();
  readonly #downloader: Downloader | undefined;
  readonly #notes: string[];
  readonly #places: PicturePlace[] = [];

  private constructor(options: RowOptions, opened: OpenedDatabase, collection: Collection) {
    this.collection = collection;
    this.#options = options;
    this.#instance = opened.instance;
    this.#folder = opened.folder;
    this.#downloader = options.downloader?.();
    this.#notes = [...collection.notes];
    if (this.#downloader && !this.canRefetch)
      this.#note('There is nothing to fetch pictures from: the rows have no URL.');
    this.progress = {
      what: 'scores',
      rows: 0,
      totalRows: collection.files.reduce((sum, file) => sum + file.rowCount, 0),
    };
    this.scored = this.#readScores();
    this.texts = this.scored.then((read) => (options.areTextsLeft ? read.texts : this.#readTexts(read)));
    // What scores fail with, texts fail with, too.
    this.texts.catch((thrown: unknown) => {
      this.failure = messageOf(thrown);
    });
  }

  /** Opens a run or a subset and begins to read it. @throws BowerbirdError as `openCollection`; BB_TEMPORARY_FOLDER, BB_DISK_FULL */
  static async open(options: RowOptions): Promise<BrowsedRows> {
    const opened = await openDatabase(options);
    try {
      const connection = await opened.instance.connect();
      const collection = await openCollection(connection, options.path);
      connection.closeSync();
      return new BrowsedRows(options, opened, collection);
    } catch (thrown) {
      opened.instance.closeSync();
      await rm(opened.folder, { recursive: true, force: true });
      throw thrown;
    }
  }

  /** Whether pictures may be fetched, and there is a column of addresses to fetch them from. */
  get canRefetch(): boolean {
    return this.#downloader !== undefined && this.collection.columns.url !== undefined;
  }

  /** What a person is to know, a line each; more once the scores are read. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('The command was told to stop.'));
    for (const connection of this.#connections) connection.interrupt();
    await Promise.allSettled([this.scored, this.texts]);
    await this.#renderer.stop();
    await this.#downloader?.close();
    for (const place of this.#places) await place.close();
    for (const connection of this.#connections) connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    this.#connections.push(connection);
    return connection;
  }

  async #readScores(): Promise<ReadRows> {
    const { signal } = this.#closing;
    const onProgress = (rows: number): void => this.#tell('scores', rows);
    const index = await readScores(await this.#connect(), this.collection, { onProgress, signal });
    const runs = await this.#openRuns();
    const connections = { texts: await this.#connect(), searching: await this.#connect() };
    const names = new RowNames(connections.searching, this.collection, index);
    const texts = new RowTexts(connections, this.collection, index);
    const pictures = new Pictures({
      ...{ collection: this.collection, index, runs, texts, foreground: this.#foreground },
      ...{ renderer: this.#renderer, downloader: this.#downloader },
    });
    const views = new Views(index, {
      hasPicture: () => pictures.marks(),
      withWords: async (words) => (await this.texts).withWords(words, index.rowCount),
    });
    this.areScoresRead = true;
    const integers = (column: string): Promise<IntegerColumn | undefined> =>
      readIntegers(connections.searching, this.collection, index, column);
    return { index, texts, names, views, pictures, integers, facts: factsOf(index, pictures.marks()) };
  }

  async #openRuns(): Promise<RunPictures[]> {
    const { runs } = this.collection;
    if (runs.length === 0) return [];
    const { maxBytes, memoryLimitMb } = this.#options;
    const tools: InputTools = {
      connection: await this.#connect(),
      database: { memoryLimitMb, temporaryFolder: this.#folder },
      limits: { maxBytes, maxBytesInFlight: Math.max(maxBytes, MAX_BYTES_IN_FLIGHT) },
      folder: this.#folder,
    };
    const pictures: RunPictures[] = [];
    for (const run of runs) {
      const keys = new RunKeys(run.record);
      const places = await this.#openPlaces(run, keys, tools);
      this.#places.push(...places);
      pictures.push({ keys, places });
    }
    return pictures;
  }

  async #openPlaces(run: PictureRun, keys: RunKeys, tools: InputTools): Promise<PicturePlace[]> {
    const { fetchImages } = this.#options;
    const saved = await openSaved(run, {
      ...{ ...tools, keys, fetchImages },
      onNote: (note) => this.#note(note),
    });
    const { place, notes } = openInputs(run, tools);
    for (const note of notes) this.#note(note);
    const thumbnails = await openThumbnails(run.path, keys);
    return [saved, place, thumbnails].filter((each) => each !== undefined);
  }

  async #readTexts({ texts }: ReadRows): Promise<RowTexts> {
    await texts.read({
      onProgress: (rows) => this.#tell('texts', rows),
      turn: () => this.#foreground.quiet(),
      signal: this.#closing.signal,
    });
    this.areTextsRead = true;
    return texts;
  }

  #tell(what: ReadProgress['what'], rows: number): void {
    this.progress = { ...this.progress, what, rows };
    this.#options.onProgress?.(this.progress);
  }

  #note(note: string): void {
    this.#notes.push(note);
    this.#options.onNote?.(note);
  }
}

interface OpenedDatabase {
  readonly instance: DuckDBInstance;
  readonly folder: string;
}

async function openDatabase({ memoryLimitMb, threads }: RowOptions): Promise<OpenedDatabase> {
  const folder = await makeTemporaryFolder('browse');
  const instance = await openDuckDb({ memoryLimitMb, threads, temporaryFolder: join(folder, 'spill') });
  return { instance, folder };
}
