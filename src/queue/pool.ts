import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '../base/errors.ts';
import { remove, removeQuietly } from '../base/files.ts';
import { fromFloat16Bits } from '../base/float16.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { type SampleName, sampleId } from '../feedback/answer.ts';
import { checkSample } from '../feedback/check.ts';
import { randomBits } from '../learn/random.ts';
import { placeOf } from '../learn/split.ts';
import { readMetadata } from '../rescore/metadata.ts';
import { unpackEmbeddings } from '../rescore/parquet-embeddings.ts';
import { planRescore, type RescoreInput, type RescorePlan } from '../rescore/plan.ts';
import { streamChunks } from '../tables/chunk.ts';
import { type DuckDBInstance, openDuckDb, parquetSource } from '../tables/duckdb.ts';
import { TableError } from '../tables/errors.ts';
import { readColumns } from '../tables/footer.ts';
import { RowChoice } from './row-choice.ts';
import { BLOCK_ROWS, type Scorer } from './scorer.ts';

/** Which collection is looked at, and how. */
export interface PoolRequest {
  readonly inputs: readonly string[];
  readonly embeddingColumn?: string | undefined;
  readonly hashColumn?: string | undefined;
  /** At most so many samples, by chance among all; 0 for all. */
  readonly size: number;
  readonly seed: number;
  /** Samples that were answered about: they are looked for among all rows. */
  readonly answered: readonly SampleName[];
  readonly scorer?: Scorer | undefined;
  /** Looks at the plan before rows are read. */
  readonly check: (plan: RescorePlan) => void;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: (note: string) => void;
  readonly onProgress: (what: string, done: number, total: number) => void;
}

/** Samples that can be asked about, by numbers. What is known of each lies in columns: a million take some hundred megabytes. */
export interface Pool {
  /** What each is told from others by: its hash as decimal text, else `key:` and its key. */
  readonly ids: readonly string[];
  readonly keys: readonly (string | undefined)[];
  /** Numbers of those that are learned from, and of those held out, as `train` parts them. */
  readonly training: Int32Array;
  readonly heldOut: Int32Array;
  /** float32(samples x members), in the head's unit; empty without a head. */
  readonly scores: Float32Array;
  /** Of answered samples, by `sampleId` of their names there: the sample's id in the collection. */
  readonly idOfAnswered: ReadonlyMap<string, string>;
  /** The names of these in the collection, by their ids. */
  readonly names: ReadonlyMap<string, SampleName>;
  /** Rows of the collection. */
  readonly rowCount: number;
  /** Rows whose embedding has no length or is not finite; not known without a head. */
  readonly unusable: number;
}

const MEMORY_LIMIT_MB = 512;

/** The name of a sample of the pool. */
export function nameIn({ ids, keys }: Pool, number: number): SampleName {
  return nameFrom(ids[number]!, keys[number]);
}

function nameFrom(id: string, key: string | undefined): SampleName {
  return id.startsWith('key:') ? { key: id.slice(4) } : { hash: id, ...(key !== undefined && { key }) };
}

/**
 * Looks for samples that can be asked about, and scores them. Embeddings are read some hundred at a time and not kept.
 *
 * @throws TableError as `planRescore`, BB_SHARD_READ; what `check` throws
 */
export async function gatherPool(request: PoolRequest): Promise<Pool> {
  const folder = await makeTemporaryFolder('queue');
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder: folder });
  try {
    const { inputs, embeddingColumn, hashColumn, onNote } = request;
    const choice = {
      ...{ inputs, skipBadFiles: false },
      ...(embeddingColumn !== undefined && { embeddingColumn }),
      ...(hashColumn !== undefined && { hashColumn }),
    };
    const plan = await planRescore(instance, choice, undefined, onNote);
    request.check(plan);
    const gathering = new Gathering(request, plan.rowCount);
    let passed = 0;
    for (const [place, input] of plan.inputs.entries()) {
      request.signal?.throwIfAborted();
      const rows = await listRows(gathering, { instance, plan, input });
      if (request.scorer) {
        const spill = `${folder}/${place}.rows`;
        await scoreRows(gathering, rows, { instance, input, spill, dimension: plan.dimension });
      }
      passed += input.layout.rowCount;
      request.onProgress('reading samples', passed, plan.rowCount);
    }
    return gathering.result();
  } finally {
    instance.closeSync();
    await remove(folder);
  }
}

/** What was found so far. */
class Gathering {
  readonly request: PoolRequest;
  readonly #rowCount: number;
  readonly #choice: RowChoice;
  readonly #wanted = new Map<string, string>();
  readonly #idOfAnswered = new Map<string, string>();
  readonly #names = new Map<string, SampleName>();
  readonly #seen = new Set<string>();
  readonly #ids: string[] = [];
  readonly #keys: (string | undefined)[] = [];
  readonly #scores: Float32Array;
  readonly #isUnusable: Uint8Array;

  constructor(request: PoolRequest, rowCount: number) {
    const { size, seed, answered, scorer } = request;
    const most = size === 0 ? rowCount : Math.min(size, rowCount);
    this.request = request;
    this.#rowCount = rowCount;
    this.#choice = new RowChoice(rowCount, most, randomBits(`bowerbird queue pool ${seed}`));
    this.#scores = new Float32Array(most * (scorer?.members ?? 0));
    this.#isUnusable = new Uint8Array(most);
    for (const name of answered) {
      const { hash, key } = name;
      const id = sampleId(name);
      if (hash !== undefined) this.#wanted.set(hash, id);
      // A hash says more than a key.
      else this.#wanted.set(`key:${key}`, id);
    }
  }

  /** Takes a row that has a hash or a key; gives its number where it is one of the pool. */
  add(hash: bigint | undefined, key: string | undefined): number | undefined {
    const id = hash === undefined ? `key:${key}` : String(hash);
    const isTaken = this.#choice.takesNext();
    const asked = this.#wanted.get(id) ?? (key === undefined ? undefined : this.#wanted.get(`key:${key}`));
    if (asked !== undefined && !this.#idOfAnswered.has(asked)) {
      this.#idOfAnswered.set(asked, id);
      this.#names.set(id, nameFrom(id, key));
    }
    if (!isTaken || this.#seen.has(id)) return undefined;
    this.#seen.add(id);
    this.#keys.push(key);
    return this.#ids.push(id) - 1;
  }

  /** A row without a name cannot be asked about. */
  passOver(): void {
    this.#choice.takesNext();
  }

  putScores(number: number, scores: Float64Array): void {
    this.#scores.set(scores, number * scores.length);
  }

  markUnusable(number: number): void {
    this.#isUnusable[number] = 1;
  }

  result(): Pool {
    const numbers = Int32Array.from(this.#ids, (_, number) => number);
    const isHeldOut = Uint8Array.from(this.#ids, (id) => Number(placeOf(id).isHeldOut));
    const usable = numbers.filter((number) => !this.#isUnusable[number]);
    return {
      ids: this.#ids,
      keys: this.#keys,
      training: usable.filter((number) => !isHeldOut[number]),
      heldOut: usable.filter((number) => isHeldOut[number]),
      scores: this.#scores,
      idOfAnswered: this.#idOfAnswered,
      names: this.#names,
      rowCount: this.#rowCount,
      unusable: numbers.length - usable.length,
    };
  }
}

/** A row of a file, and its number in the pool. */
interface ChosenRow {
  readonly row: number;
  readonly number: number;
}

interface InputJob {
  readonly instance: DuckDBInstance;
  readonly input: RescoreInput;
}

/** Goes through the rows of a file; gives those that are of the pool. */
async function listRows(
  gathering: Gathering,
  { instance, plan, input }: InputJob & { readonly plan: RescorePlan },
): Promise<ChosenRow[]> {
  const { metadata, layout } = input;
  const chosen: ChosenRow[] = [];
  const hashes =
    metadata === undefined
      ? undefined
      : (await readMetadata(instance, metadata, layout.rowCount, plan)).hashes;
  let row = 0;
  for await (const keys of keysOf(instance, metadata, layout.rowCount)) {
    gathering.request.signal?.throwIfAborted();
    for (const key of keys) {
      const hash = hashes?.[row];
      if (hash === undefined && key === undefined) gathering.passOver();
      else {
        const number = gathering.add(hash, key);
        if (number !== undefined) chosen.push({ row, number });
      }
      row++;
    }
  }
  return chosen;
}

/** The column `key` of a file, some rows at a time; undefined for a row that has none. */
async function* keysOf(
  instance: DuckDBInstance,
  path: string | undefined,
  rowCount: number,
): AsyncGenerator<readonly (string | undefined)[]> {
  const connection = await instance.connect();
  try {
    const columns = path === undefined ? [] : await readColumns(connection, path);
    if (!columns.some(({ name }) => name === 'key')) {
      yield new Array<undefined>(rowCount).fill(undefined);
      return;
    }
    const sql = `SELECT CAST(key AS VARCHAR) AS key FROM ${parquetSource(path!)}`;
    for await (const chunk of streamChunks(connection, sql, rowCount)) {
      const vector = chunk.getColumnVector(0);
      yield Array.from({ length: chunk.rowCount }, (_, row) => {
        const key = vector.getItem(row) as string | null;
        // What names no sample in a file of answers names none here.
        return key !== null && checkSample({ key }) ? key : undefined;
      });
    }
  } finally {
    connection.closeSync();
  }
}

async function scoreRows(
  gathering: Gathering,
  rows: readonly ChosenRow[],
  { instance, input, spill, dimension }: InputJob & { readonly spill: string; readonly dimension: number },
): Promise<void> {
  if (rows.length === 0) return;
  const { embeddings, column, layout } = input;
  const { scorer, signal, onProgress } = gathering.request;
  const block = new Float32Array(BLOCK_ROWS * dimension);
  try {
    if (column !== undefined) await unpackEmbeddings(instance, embeddings, { column, layout }, spill);
    const reader = new RowReader(column === undefined ? embeddings : spill, input);
    try {
      for (let from = 0; from < rows.length; from += BLOCK_ROWS) {
        // Ctrl-C is heard between two blocks.
        await nextTurn();
        signal?.throwIfAborted();
        const taken = rows.slice(from, from + BLOCK_ROWS);
        const lengths = taken.map(({ row }, i) => putUnit(reader.read(row), block, i * dimension));
        const scores = await scorer!.score(block.subarray(0, taken.length * dimension), taken.length);
        takeScores(gathering, taken, lengths, scores);
        onProgress('scoring samples', from + taken.length, rows.length);
      }
    } finally {
      reader.close();
    }
  } finally {
    await removeQuietly(spill);
  }
}

function takeScores(
  gathering: Gathering,
  rows: readonly ChosenRow[],
  lengths: readonly number[],
  scores: Float64Array,
): void {
  const members = gathering.request.scorer!.members;
  for (const [i, { number }] of rows.entries()) {
    const own = scores.subarray(i * members, (i + 1) * members);
    if (lengths[i]! > 0 && own.every(Number.isFinite)) gathering.putScores(number, own);
    else gathering.markUnusable(number);
  }
}

/** Puts a row at a place, brought to length 1; gives its length, 0 where it has none. */
function putUnit(values: Float32Array, target: Float32Array, at: number): number {
  let squares = 0;
  for (let j = 0; j < values.length; j++) squares += values[j]! * values[j]!;
  const length = Number.isFinite(squares) ? Math.sqrt(squares) : 0;
  for (let j = 0; j < values.length; j++) target[at + j] = length > 0 ? values[j]! / length : 0;
  return length;
}

/** Reads single rows of a file. */
class RowReader {
  readonly #file: number;
  readonly #input: RescoreInput;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(path: string, input: RescoreInput) {
    const { type, dimension } = input.layout;
    this.#input = input;
    this.#bytes = new Uint8Array(dimension * (type === 'float16' ? 2 : 4));
    this.#file = openSync(path, 'r');
  }

  /** float32(dimension); gone with the next. @throws TableError BB_SHARD_READ */
  read(row: number): Float32Array {
    const { embeddings, layout } = this.#input;
    const { buffer, length } = this.#bytes;
    try {
      const read = readSync(this.#file, this.#bytes, 0, length, layout.dataOffset + row * length);
      if (read !== length) throw new RangeError('it has become shorter');
    } catch (thrown) {
      throw new TableError('BB_SHARD_READ', `Reading ${embeddings} failed: ${messageOf(thrown)}.`, {
        cause: thrown,
        fields: { path: embeddings },
      });
    }
    return layout.type === 'float16' ? fromFloat16Bits(new Uint16Array(buffer)) : new Float32Array(buffer);
  }

  close(): void {
    closeSync(this.#file);
  }
}
