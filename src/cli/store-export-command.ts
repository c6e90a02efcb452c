import { stat } from 'node:fs/promises';
import { writeNewFile } from '../base/files.ts';
import { OutputFile } from '../base/output-file.ts';
import type { ScoreOrigins } from '../samples/provenance/provenance.ts';
import type { Tag } from '../samples/tags.ts';
import type { ExportableStore, ExportOptions } from '../store/export.ts';
import { KV_COLUMN_ORDER, readSidecar, sidecarPath, sidecarText } from '../store/kv-sidecar.ts';
import type { Precision } from '../store/meta.ts';
import { scoresOfStore } from '../store/provenance.ts';
import type { Command, Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { endWithout, withInterrupt } from './interrupt.ts';
import { rowsProgress } from './rows-progress.ts';
import { STORE_EXPORT_FLAGS, STORE_POSITIONAL, storeColumns } from './store-flags.ts';

/** `bowerbird store export` */
export const STORE_EXPORT: Command = {
  examples: [
    ['store export scores --format parquet --output scores.parquet', 'As a table'],
    ['store export scores --format static-ondisk-kv --output scores.kv', 'For Python'],
  ],
  docs: 'docs/store.md',
  flags: STORE_EXPORT_FLAGS,
  extend: (parser) => parser.positional('store', STORE_POSITIONAL),
  run: storeExportCommand,
};

type Format = 'static-ondisk-kv' | 'parquet';

/** How an export ended; printed with `--json`. */
interface ExportReport {
  readonly output: string;
  readonly format: Format;
  /** Of static-ondisk-kv: the library's `key_format` and `value_format`. */
  readonly keyFormat?: string;
  readonly valueFormat?: string;
  readonly columns: readonly Tag[];
  readonly records: number;
  /** Entries that the format cannot hold: a score of theirs is null. */
  readonly leftOut: number;
}

/**
 * Runs `store export`; gives the exit code.
 *
 * @throws BowerbirdError BB_USAGE, BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL, BB_STORE_NOT_FOUND,
 *   BB_STORE_EMPTY, BB_STORE_CORRUPT, BB_COLUMN_MISSING, BB_SCORE_RANGE
 */
async function storeExportCommand({ values, parsed }: Invocation): Promise<number> {
  const format = values['format'] as Format | undefined;
  if (!format) throw usageError('store export needs --format: static-ondisk-kv or parquet.');
  if (!values['output']) throw usageError('store export needs --output: the file to write.');
  if (format === 'parquet' && values['precision'])
    throw usageError('--precision is for static-ondisk-kv: in Parquet scores are float32.');
  const asked = values['columns'] ? storeColumns(values) : undefined;
  const { openFilledStore } = await import('../store/reader.ts');
  const store = await openFilledStore(parsed['store'] as string);
  try {
    const path = values['output'] as string;
    const output = await OutputFile.open(path, values['incremental-mode'] === 'overwrite');
    const sidecar = format === 'static-ondisk-kv' ? await openSidecar(output.path) : undefined;
    const columns = asked ?? defaultColumns(store, format);
    const scores = scoresOfStore(store.versions.map(({ meta }) => meta));
    return await withInterrupt(
      () => process.stderr.write('Stopping the export (once more Ctrl-C: leave at once) ...\n'),
      (signal) => exportTo(output, store, { format, columns, scores, sidecar, values, signal }),
    );
  } finally {
    await store.close();
  }
}

/** The file beside the output. One that an export wrote is replaced; what is somebody else's stays. */
async function openSidecar(path: string): Promise<OutputFile> {
  const isOurs = (): boolean => {
    try {
      return readSidecar(path) !== undefined;
    } catch {
      return false;
    }
  };
  return OutputFile.open(sidecarPath(path), isOurs());
}

function defaultColumns({ meta }: ExportableStore, format: Format): readonly Tag[] {
  if (format === 'parquet') return meta.columns;
  return KV_COLUMN_ORDER.filter((column) => meta.columns.includes(column));
}

interface Choice {
  readonly format: Format;
  /** Of static-ondisk-kv: what says which scores the file holds. */
  readonly sidecar: OutputFile | undefined;
  readonly columns: readonly Tag[];
  /** Where the scores of the store come from. */
  readonly scores: ScoreOrigins;
  readonly values: FlagValues;
  readonly signal: AbortSignal;
}

async function exportTo(output: OutputFile, store: ExportableStore, choice: Choice): Promise<number> {
  const { columns, signal, values } = choice;
  const onProgress = rowsProgress('exporting', store.entryCount);
  try {
    const report = await write(output, store, { columns, onProgress, signal }, choice);
    // First: a file without what says which scores it holds could be misread.
    await choice.sidecar?.commit();
    await output.commit();
    const { size } = await stat(output.path);
    process.stdout.write(
      values['json'] === true
        ? `${JSON.stringify({ ...report, sizeBytes: size })}\n`
        : describe(report, size),
    );
    return 0;
  } catch (thrown) {
    return endWithout(output.path, signal, thrown);
  } finally {
    await output.discard();
    await choice.sidecar?.discard();
  }
}

async function write(
  output: OutputFile,
  store: ExportableStore,
  options: ExportOptions,
  { format, columns, scores, sidecar, values }: Choice,
): Promise<ExportReport> {
  const { selectEntries, writeStaticKv } = await import('../store/export.ts');
  let entries = 0;
  const rows = selectEntries(store, {
    ...options,
    onProgress: (done) => {
      entries = done;
      options.onProgress?.(done);
    },
  });
  const report = { output: output.path, format, columns };
  if (format === 'parquet') {
    const { writeScoreTable } = await import('../tables/score-table.ts');
    await writeScoreTable(output.temporary, { names: columns, scores: only(columns, scores) }, rows);
    return { ...report, records: entries, leftOut: 0 };
  }
  const { kvValueFormat } = await import('../store/static-kv.ts');
  const precision = (values['precision'] as Precision | undefined) ?? store.meta.precision;
  const kvFormat = { precision, columnCount: columns.length };
  const { sha256, ...written } = await writeStaticKv(output.temporary, kvFormat, rows);
  await writeNewFile(
    sidecar!.temporary,
    sidecarText({ format: kvFormat, columns, records: written.records, sha256 }),
  );
  return { ...report, keyFormat: 'q', valueFormat: kvValueFormat(kvFormat), ...written };
}

function only(columns: readonly Tag[], scores: ScoreOrigins): ScoreOrigins {
  return Object.fromEntries(columns.map((column) => [column, scores[column]!]));
}

function describe(report: ExportReport, sizeBytes: number): string {
  const { output, format, keyFormat, valueFormat, columns, records, leftOut } = report;
  const formats = valueFormat && `, key_format="${keyFormat}", value_format="${valueFormat}"`;
  return [
    `${output}  ${records} records, ${sizeBytes} bytes: ${format}${formats ?? ''}`,
    `values      ${columns.join(', ')}`,
    ...(leftOut > 0 ? [`left out    ${leftOut} entries with a null score, which ${format} cannot hold`] : []),
    '',
  ].join('\n');
}
