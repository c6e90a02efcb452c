import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { keepPlaces } from '../runs/run-changes.ts';
import type { RunRecord } from '../runs/run-record.ts';
import type { ModelOrigin } from '../samples/provenance/origin.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import type { ShardSpec } from '../shards/plan.ts';
import { type BadFile, withWayOn } from '../tables/bad-files.ts';
import { asSpelt, type ColumnMapping, type FileColumn, type SchemaColumn } from '../tables/columns.ts';
import type { DuckDBInstance } from '../tables/duckdb.ts';
import { TableError } from '../tables/errors.ts';
import { type Footer, readFooter } from '../tables/footer.ts';
import { findPartsOf } from '../tables/parts.ts';
import { describeParts, type PlayedPart } from '../tables/played-parts.ts';
import { provenanceOfRun, runOf, type TagOrigins, tagOriginsOf } from '../tables/provenance.ts';
import { settleSchema } from '../tables/schema.ts';
import { checkTexts, type MissingTexts } from '../tables/value-check.ts';
import type { RescoreConfig } from './config.ts';
import { fetchSample, openPair } from './elsewhere.ts';
import { type NpyLayout, readNpyLayout } from './npy-header.ts';
import { type EmbeddingPair, findEmbeddings } from './pairs.ts';
import { inspectParquet } from './parquet-embeddings.ts';
import { type RowSample, sampleRows } from './sample-rows.ts';

/** A pair that was looked at: its rows, and what it is bound to. */
export interface RescoreInput extends EmbeddingPair {
  /** Of the .npy file, or of the rows that a Parquet file is unpacked to. */
  readonly layout: NpyLayout;
  /** The Parquet file's column of embeddings. */
  readonly column?: string;
  readonly sample: RowSample;
  /** sha256 (hex) over the sampled rows and the metadata's footer. */
  readonly fingerprint: string;
  /** What made the embeddings; null where nothing states it. */
  readonly encoder: ModelOrigin | null;
  /** Where the metadata's own tags come from; of those that it has. */
  readonly tagOrigins: TagOrigins;
}

/** What a run over stored embeddings reads. One shard per .npy file. */
export interface RescorePlan {
  readonly inputs: readonly RescoreInput[];
  readonly shards: readonly ShardSpec[];
  readonly rowCount: number;
  readonly dimension: number;
  readonly columns: Partial<ColumnMapping>;
  /** Which column plays which part, as in a plan of URLs. */
  readonly parts: readonly PlayedPart[];
  readonly schema: readonly SchemaColumn[];
  readonly badFiles: readonly BadFile[];
  /** The encoder that the folders' own run.json names, where all name the same. */
  readonly encoder: RunRecord['encoder'] | undefined;
}

/** What is read, and which of its columns play a part. */
export type EmbeddingChoice = Pick<
  RescoreConfig,
  'inputs' | 'embeddingColumn' | 'hashColumn' | 'urlColumn' | 'captionColumn' | 'skipBadFiles'
>;

interface Inspected {
  readonly input: Omit<RescoreInput, 'encoder' | 'tagOrigins'>;
  readonly columns: readonly FileColumn[];
  readonly provenance: Provenance | undefined;
}

const BAD_FILE_CODES: readonly (string | undefined)[] = [
  'BB_INPUT_UNREADABLE',
  'BB_INPUT_VALUE',
  'BB_PAIR_MISMATCH',
  'BB_SHARD_READ',
];

/** Whether --skip-bad-files passes over what led to this error. */
export function isBadFile(thrown: unknown): thrown is BowerbirdError {
  return thrown instanceof BowerbirdError && BAD_FILE_CODES.includes(codeOf(thrown));
}

/**
 * Finds the pairs, reads headers, footers and a few rows of each, and settles one schema. Rows are not read.
 *
 * @param existing the run that is gone on with: its inputs keep their places, and so their shards
 * @throws TableError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_PAIR_MISMATCH, BB_SCHEMA_MISMATCH,
 *   BB_COLUMN_MISSING
 */
export async function planRescore(
  instance: DuckDBInstance,
  config: EmbeddingChoice,
  existing: RunRecord | undefined,
  onNote: (message: string) => void,
): Promise<RescorePlan> {
  const pairs = await findEmbeddings(config.inputs);
  for (const folder of pairs.withoutMetadata) {
    onNote(`${folder} has no metadata/: its rows get a key, but no hash and no columns.`);
  }
  const badFiles: BadFile[] = [];
  const passOver = (thrown: unknown): void => {
    if (!isBadFile(thrown)) throw thrown;
    if (!config.skipBadFiles) throw withWayOn(thrown);
    badFiles.push({ path: String(thrown.fields['path']), message: thrown.message });
  };
  for (const error of pairs.partnerless) passOver(error);
  const inspected = await inspectAll(instance, pairs.pairs, config.embeddingColumn, passOver);
  if (inspected.length === 0) throw nothingLeft(badFiles);
  checkDimensions(inspected.map(({ input }) => input));
  const ordered = existing ? keepPlaces(inspected, existing, ({ input }) => input.embeddings) : inspected;
  const found = findPartsOf(ordered.map(metadataOf), { ...config, unjudged: ['aesthetic'] });
  const parts = { columns: withoutScores(found.columns), empty: withoutScores(found.empty) };
  const checked = await checkAll(instance, ordered, parts.columns, passOver);
  if (checked.length === 0) throw nothingLeft(badFiles);
  const files = checked.map(({ pair }) => metadataOf(pair));
  const schema = settleSchema(files, parts.columns);
  const inputs = checked.map(({ pair }) => withOrigins(pair, parts.columns));
  const shards = inputs.map(shardOf);
  return {
    inputs,
    shards,
    rowCount: shards.reduce((sum, { rowCount }) => sum + rowCount, 0),
    dimension: Math.max(...inputs.map(({ layout }) => layout.dimension)),
    columns: asSpelt(parts.columns, schema),
    parts: describeParts(
      files,
      parts,
      checked.map(({ missing }) => missing),
    ),
    schema,
    badFiles,
    encoder: await commonEncoder(inputs),
  };
}

function withOrigins(
  { input, columns, provenance }: Inspected,
  mapping: Partial<ColumnMapping>,
): RescoreInput {
  const { fingerprint } = input;
  return {
    ...input,
    encoder: provenance?.embeddings ?? null,
    tagOrigins: tagOriginsOf({ columns, provenance, fingerprint }, mapping),
  };
}

/** Every file is a shard. */
function shardOf({ layout }: RescoreInput, id: number): ShardSpec {
  return { id, inputIndex: id, firstRow: 0, rowCount: layout.rowCount };
}

/** The table that is read beside a file of embeddings. */
function metadataOf({
  input,
  columns,
}: Inspected): Parameters<typeof checkTexts>[1] & { readonly format: 'parquet' } {
  const path = input.metadata ?? input.embeddings;
  return { path, readPath: path, columns, format: 'parquet' };
}

interface Checked {
  readonly pair: Inspected;
  readonly missing: MissingTexts;
}

/** Looks at hashes and scores that are text; a file in which they are something else goes to `passOver`. */
async function checkAll(
  instance: DuckDBInstance,
  inspected: readonly Inspected[],
  mapping: Partial<ColumnMapping>,
  passOver: (thrown: unknown) => void,
): Promise<Checked[]> {
  const checked: Checked[] = [];
  const connection = await instance.connect();
  try {
    for (const pair of inspected) {
      try {
        checked.push({ pair, missing: await checkTexts(connection, metadataOf(pair), mapping) });
      } catch (thrown) {
        passOver(thrown);
      }
    }
    return checked;
  } finally {
    connection.closeSync();
  }
}

/** The metadata's own aesthetic score passes through; it makes no buckets and no verdicts. */
function withoutScores({ aesthetic: _, ...columns }: Partial<ColumnMapping>): Partial<ColumnMapping> {
  return columns;
}

/** Looks at the pairs; what is a bad file goes to `passOver`. */
async function inspectAll(
  instance: DuckDBInstance,
  pairs: readonly EmbeddingPair[],
  embeddingColumn: string | undefined,
  passOver: (thrown: unknown) => void,
): Promise<Inspected[]> {
  const inspected: Inspected[] = [];
  for (const pair of pairs) {
    try {
      inspected.push(await inspectInput(instance, pair, embeddingColumn));
    } catch (thrown) {
      passOver(thrown);
    }
  }
  return inspected;
}

async function inspectInput(
  instance: DuckDBInstance,
  pair: EmbeddingPair,
  embeddingColumn: string | undefined,
): Promise<Inspected> {
  await openPair(pair);
  if (!pair.isParquet) return inspectPair(instance, pair);
  const connection = await instance.connect();
  try {
    const found = await inspectParquet(connection, pair.embeddings, embeddingColumn);
    const { columns, provenance, ...input } = found;
    return { input: { ...pair, ...input }, columns, provenance };
  } finally {
    connection.closeSync();
  }
}

async function inspectPair(instance: DuckDBInstance, pair: EmbeddingPair): Promise<Inspected> {
  const { embeddings, metadata } = pair;
  const layout = readNpyLayout(embeddings);
  await fetchSample(embeddings, layout);
  const sample = sampleRows(embeddings, layout);
  if (metadata === undefined) {
    const provenance = await provenanceOfRun(runOf(embeddings));
    return { input: { ...pair, layout, sample, fingerprint: sample.fingerprint }, columns: [], provenance };
  }
  const footer = await footerOf(instance, metadata);
  if (footer.rowCount !== layout.rowCount) {
    throw new TableError(
      'BB_PAIR_MISMATCH',
      `${embeddings} has ${layout.rowCount} rows, but ${metadata} has ${footer.rowCount}, so it cannot be told which belong together.`,
      { fields: { path: embeddings, metadata, rows: layout.rowCount, metadataRows: footer.rowCount } },
    );
  }
  const fingerprint = createHash('sha256')
    .update(sample.fingerprint)
    .update(footer.fingerprint)
    .digest('hex');
  const { columns, provenance } = footer;
  return { input: { ...pair, layout, sample, fingerprint }, columns, provenance };
}

async function footerOf(instance: DuckDBInstance, path: string): Promise<Footer> {
  const connection = await instance.connect();
  try {
    return await readFooter(connection, path);
  } finally {
    connection.closeSync();
  }
}

function checkDimensions(inputs: readonly Inspected['input'][]): void {
  // A file without rows has no dimension of its own where it is Parquet.
  const known = inputs.filter(({ layout }) => layout.dimension > 0);
  const [first] = known;
  const other = known.find(({ layout }) => layout.dimension !== first!.layout.dimension);
  if (!other) return;
  throw new TableError(
    'BB_INPUT_FORMAT',
    `${first!.embeddings} has embeddings of ${first!.layout.dimension} dimensions, but ${other.embeddings} of ` +
      `${other.layout.dimension}. Give embeddings of different encoders to separate runs.`,
    { fields: { paths: [first!.embeddings, other.embeddings] } },
  );
}

function nothingLeft(badFiles: readonly BadFile[]): TableError {
  return new TableError(
    'BB_INPUT_UNREADABLE',
    `All files are bad; nothing is left to score. The first: ${badFiles[0]!.message}`,
    { fields: { path: badFiles[0]!.path } },
  );
}

/** A run folder of ours says which encoder made its embeddings. */
async function commonEncoder(inputs: readonly RescoreInput[]): Promise<RunRecord['encoder'] | undefined> {
  const folders = [...new Set(inputs.map(({ embeddings }) => join(embeddings, '..', '..')))];
  const encoders = await Promise.all(folders.map(encoderOf));
  const [first] = encoders;
  return encoders.every((encoder) => encoder && encoder.digest === first!.digest) ? first : undefined;
}

async function encoderOf(folder: string): Promise<RunRecord['encoder'] | undefined> {
  try {
    const record = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as Partial<RunRecord> | null;
    const { encoder } = record?.format === 'bowerbird-run' ? record : {};
    return typeof encoder?.name === 'string' && typeof encoder.digest === 'string' ? encoder : undefined;
  } catch {
    // Only a hint: embeddings of other tools have no such file.
    return undefined;
  }
}
