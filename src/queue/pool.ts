import { setImmediate as nextTurn } from 'node:timers/promises';
import { remove, removeQuietly } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { checkSample } from '../feedback/check.ts';
import { readHashes } from '../rescore/metadata.ts';
import { unpackEmbeddings } from '../rescore/parquet-embeddings.ts';
import { planRescore, type RescoreInput, type RescorePlan } from '../rescore/plan.ts';
import { streamChunks } from '../tables/chunk.ts';
import { type DuckDBInstance, openDuckDb, parquetSource } from '../tables/duckdb.ts';
import { readColumns } from '../tables/footer.ts';
import { Gathering, type Pool, type PoolRequest } from './pool-gathering.ts';
import { putUnit, RowReader } from './row-reader.ts';
import { BLOCK_ROWS } from './scorer.ts';

const MEMORY_LIMIT_MB = 512;

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
      : await readHashes(instance, { ...plan, path: metadata, rowCount: layout.rowCount });
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
