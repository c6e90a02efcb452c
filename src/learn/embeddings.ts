import { closeSync, openSync, readSync } from 'node:fs';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { remove, removeQuietly } from '../base/files.ts';
import { fromFloat16Bits } from '../base/float16.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { SampleName } from '../feedback/answer.ts';
import { readHashes } from '../rescore/metadata.ts';
import { unpackEmbeddings } from '../rescore/parquet-embeddings.ts';
import { planRescore, type RescoreInput, type RescorePlan } from '../rescore/plan.ts';
import { type DuckDBInstance, openDuckDb, parquetSource, queryRows } from '../tables/duckdb.ts';
import { TableError } from '../tables/errors.ts';
import { readColumns } from '../tables/footer.ts';

/** Which embeddings are wanted. */
export interface EmbeddingRequest {
  /** Run folders, folders of clip-retrieval, Parquet files. */
  readonly inputs: readonly string[];
  readonly embeddingColumn?: string | undefined;
  readonly hashColumn?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: (note: string) => void;
  /** Told how many rows of how many have been gone through. */
  readonly onProgress: (rows: number, total: number) => void;
}

/** Embeddings of the samples that were found. */
export interface JoinedEmbeddings {
  readonly dimension: number;
  /** float32(found x dimension), each of length 1. */
  readonly rows: Float32Array;
  /** The row of each sample; -1 where there is none. */
  readonly rowOf: Int32Array;
  /** What each row is told from others by when samples are held out: its hash as decimal text, else `key:` and its key. */
  readonly ids: readonly string[];
  /** Samples that were found, but whose embedding has no length or is not finite. */
  readonly unusable: number;
  readonly encoder: RescorePlan['encoder'];
}

const MEMORY_LIMIT_MB = 512;

/**
 * Reads the embeddings of samples, found by their hash, else by their key; of several rows of a sample the first. Only what is wanted is held.
 *
 * @throws TableError as `planRescore`; BB_SHARD_READ
 * @throws BowerbirdError BB_INPUT_EMPTY where there are no rows
 */
export async function joinEmbeddings(
  samples: readonly SampleName[],
  request: EmbeddingRequest,
): Promise<JoinedEmbeddings> {
  const folder = await makeTemporaryFolder('train');
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder: folder });
  try {
    const { inputs, embeddingColumn, hashColumn, onNote } = request;
    const plan = await planRescore(
      instance,
      {
        inputs,
        skipBadFiles: false,
        ...(embeddingColumn !== undefined && { embeddingColumn }),
        ...(hashColumn !== undefined && { hashColumn }),
      },
      undefined,
      onNote,
    );
    if (plan.rowCount === 0) throw withoutRows(inputs);
    const join = new Join(samples, plan.dimension);
    let passed = 0;
    for (const [place, input] of plan.inputs.entries()) {
      request.signal?.throwIfAborted();
      await joinInput(join, { instance, plan, input, spill: `${folder}/${place}.rows` });
      passed += input.layout.rowCount;
      request.onProgress(passed, plan.rowCount);
    }
    return { ...join.result(), encoder: plan.encoder };
  } finally {
    instance.closeSync();
    await remove(folder);
  }
}

function withoutRows(inputs: readonly string[]): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `${inputs.join(', ')} has no rows. Give the embeddings of the samples that the answers name.`,
    { fields: { paths: [...inputs] } },
  );
}

/** A row of a file that a sample was found in. */
interface FoundRow {
  readonly row: number;
  readonly sample: number;
  readonly id: string;
}

/** What was found so far. */
class Join {
  readonly dimension: number;
  readonly hashes = new Map<bigint, number>();
  readonly keys = new Map<string, number>();
  readonly #rowOf: Int32Array;
  readonly #rows: Float32Array[] = [];
  readonly #ids: string[] = [];
  readonly #unusable = new Set<number>();

  constructor(samples: readonly SampleName[], dimension: number) {
    this.dimension = dimension;
    this.#rowOf = new Int32Array(samples.length).fill(-1);
    for (const [sample, { hash, key }] of samples.entries()) {
      if (hash !== undefined) this.hashes.set(BigInt(hash), sample);
      if (key !== undefined && !this.keys.has(key)) this.keys.set(key, sample);
    }
  }

  isOpen(sample: number): boolean {
    return this.#rowOf[sample] === -1;
  }

  /** Takes a row's embedding, brought to length 1. */
  add({ sample, id }: FoundRow, values: Float32Array): void {
    const length = Math.hypot(...values);
    if (!(length > 0) || !Number.isFinite(length)) {
      this.#unusable.add(sample);
      return;
    }
    this.#unusable.delete(sample);
    this.#rowOf[sample] = this.#rows.length;
    this.#rows.push(values.map((value) => value / length));
    this.#ids.push(id);
  }

  result(): Omit<JoinedEmbeddings, 'encoder'> {
    const rows = new Float32Array(this.#rows.length * this.dimension);
    for (const [i, row] of this.#rows.entries()) rows.set(row, i * this.dimension);
    return {
      dimension: this.dimension,
      rows,
      rowOf: this.#rowOf,
      ids: this.#ids,
      unusable: this.#unusable.size,
    };
  }
}

interface InputJob {
  readonly instance: DuckDBInstance;
  readonly plan: RescorePlan;
  readonly input: RescoreInput;
  /** Where a Parquet file's embeddings may be unpacked to. */
  readonly spill: string;
}

async function joinInput(join: Join, job: InputJob): Promise<void> {
  const found = await findRows(join, job);
  if (found.length === 0) return;
  const { embeddings, column, layout } = job.input;
  try {
    if (column !== undefined) await unpackEmbeddings(job.instance, embeddings, { column, layout }, job.spill);
    readRows(join, found, { path: column === undefined ? embeddings : job.spill, input: job.input });
  } finally {
    await removeQuietly(job.spill);
  }
}

/** The rows of a file whose samples are wanted, in their order, each sample once. */
async function findRows(join: Join, { instance, plan, input }: InputJob): Promise<FoundRow[]> {
  const { metadata, layout } = input;
  if (metadata === undefined) return [];
  const hashes = await readHashes(instance, { ...plan, path: metadata, rowCount: layout.rowCount });
  const keys = join.keys.size > 0 ? await readKeys(instance, metadata) : undefined;
  const found = new Map<number, FoundRow>();
  for (let row = 0; row < layout.rowCount; row++) {
    const hash = hashes?.[row];
    const key = keys?.[row];
    const byKey = key === undefined || key === null ? undefined : join.keys.get(key);
    const sample = (hash === undefined ? undefined : join.hashes.get(hash)) ?? byKey;
    if (sample === undefined || found.has(sample) || !join.isOpen(sample)) continue;
    found.set(sample, { row, sample, id: hash === undefined ? `key:${key}` : String(hash) });
  }
  return [...found.values()];
}

/** The keys of a table, where it has some. */
export async function readKeys(
  instance: DuckDBInstance,
  path: string,
): Promise<readonly (string | null)[] | undefined> {
  const connection = await instance.connect();
  try {
    const columns = await readColumns(connection, path);
    if (!columns.some(({ name }) => name === 'key')) return undefined;
    const rows = await queryRows<{ key: string | null }>(
      connection,
      `SELECT CAST(key AS VARCHAR) AS key FROM ${parquetSource(path)}`,
    );
    return rows.map(({ key }) => key);
  } finally {
    connection.closeSync();
  }
}

function readRows(
  join: Join,
  found: readonly FoundRow[],
  { path, input }: { path: string; input: RescoreInput },
): void {
  const { type, dimension, dataOffset } = input.layout;
  const bytes = new Uint8Array(dimension * (type === 'float16' ? 2 : 4));
  const file = openSync(path, 'r');
  try {
    for (const one of found) {
      const read = readSync(file, bytes, 0, bytes.length, dataOffset + one.row * bytes.length);
      if (read !== bytes.length) throw new RangeError('it has become shorter');
      const { buffer } = bytes.slice();
      join.add(one, type === 'float16' ? fromFloat16Bits(new Uint16Array(buffer)) : new Float32Array(buffer));
    }
  } catch (thrown) {
    const { embeddings } = input;
    throw new TableError('BB_SHARD_READ', `Reading ${embeddings} failed: ${messageOf(thrown)}.`, {
      cause: thrown,
      fields: { path: embeddings },
    });
  } finally {
    closeSync(file);
  }
}
