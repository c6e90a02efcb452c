import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readScoreRows, type ScoreSource } from '../shards/score-rows.ts';
import { type BuildProgress, buildStore } from '../store/build.ts';
import type { Precision } from '../store/layout.ts';
import type { StoreMetaFile } from '../store/meta.ts';
import { openStore } from '../store/reader.ts';
import { verifyStore } from '../store/verify.ts';
import { type Command, type Invocation, pathsOf } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { STORE_BUILD_FLAGS, STORE_INFO_FLAGS, STORE_POSITIONAL, storeColumns } from './store-flags.ts';

const PROGRESS_EVERY_MS = 5000;
/** Reading gets this part of the memory; it is over before sorting starts. */
const READING_SHARE = 4;

/** `bowerbird store build` */
export const STORE_BUILD: Command = {
  usage: 'build [inputs..]',
  describe: 'Build a store from scores, or replace the one there is',
  flags: STORE_BUILD_FLAGS,
  extend: (parser) =>
    parser.positional('inputs', { type: 'string', array: true, describe: 'More of --from' }),
  run: storeBuildCommand,
};

/** `bowerbird store info` */
export const STORE_INFO: Command = {
  usage: 'info <store>',
  describe: 'What a store holds and where it comes from',
  flags: STORE_INFO_FLAGS,
  extend: (parser) => parser.positional('store', STORE_POSITIONAL),
  run: ({ values, parsed }) => storeInfoCommand(parsed['store'] as string, values['json'] === true),
};

/** `bowerbird store verify` */
export const STORE_VERIFY: Command = {
  usage: 'verify <store>',
  describe: 'Check every byte of a store',
  flags: STORE_INFO_FLAGS,
  extend: (parser) => parser.positional('store', STORE_POSITIONAL),
  run: ({ values, parsed }) => storeVerifyCommand(parsed['store'] as string, values['json'] === true),
};

/** Runs `store build`; gives the exit code. */
async function storeBuildCommand(invocation: Invocation): Promise<number> {
  const { values } = invocation;
  const inputs = pathsOf(invocation, 'from', 'inputs');
  if (inputs.length === 0)
    throw usageError('store build needs --from: run folders, tag Parquet or CSV files.');
  if (!values['output']) throw usageError('store build needs --output: the store folder to write.');
  const temporaryFolder = await mkdtemp(join(tmpdir(), 'bowerbird-store-'));
  try {
    return await withInterrupt(
      () => process.stderr.write('Stopping the build (once more Ctrl-C: leave at once) ...\n'),
      (closing) => build(values, inputs, temporaryFolder, closing),
    );
  } finally {
    await rm(temporaryFolder, { recursive: true, force: true });
  }
}

async function build(
  values: FlagValues,
  inputs: readonly string[],
  temporaryFolder: string,
  signal: AbortSignal,
): Promise<number> {
  const columns = storeColumns(values);
  const memoryMb = values['memory-mb'] as number;
  const sources: ScoreSource[] = [];
  const rows = readScoreRows(inputs, columns, {
    memoryLimitMb: Math.floor(memoryMb / READING_SHARE),
    temporaryFolder,
    onSource: (source) => sources.push(source),
  });
  try {
    const { version, meta } = await buildStore({
      output: values['output'] as string,
      rows,
      columns,
      precision: values['precision'] as Precision,
      memoryMb,
      sources: () => sources,
      onProgress: showProgress(),
      signal,
    });
    process.stdout.write(describe(version, meta, values['json'] === true));
    return 0;
  } catch (thrown) {
    if (thrown !== signal.reason) throw thrown;
    process.stderr.write('Interrupted. Nothing was published; an earlier build is untouched.\n');
    return 130;
  }
}

function showProgress(): (progress: BuildProgress) => void {
  let shownAtMs = Date.now();
  return ({ phase, rows, totalRows }) => {
    if (Date.now() - shownAtMs < PROGRESS_EVERY_MS) return;
    shownAtMs = Date.now();
    process.stderr.write(`${phase}  ${rows}${totalRows === undefined ? '' : `/${totalRows}`} rows\n`);
  };
}

/** Runs `store info`; gives the exit code. */
async function storeInfoCommand(path: string, json: boolean): Promise<number> {
  const store = await openStore(path);
  try {
    process.stdout.write(describe(store.versionPath, store.meta, json));
  } finally {
    await store.close();
  }
  return 0;
}

/** Runs `store verify`; gives the exit code. Damage is an error that names the place. */
async function storeVerifyCommand(path: string, json: boolean): Promise<number> {
  const metas = await verifyStore(path);
  const entries = metas.reduce((sum, meta) => sum + meta.entries - meta.replaced, 0);
  const blocks = metas.reduce((sum, meta) => sum + meta.blocks, 0);
  const { checksum } = metas[0]!;
  process.stdout.write(
    json
      ? `${JSON.stringify({ ok: true, entries, blocks, checksum })}\n`
      : `${path} is whole: ${entries} entries in ${blocks} blocks, checksum ${checksum}\n`,
  );
  return 0;
}

function describe(version: string, meta: StoreMetaFile, json: boolean): string {
  const bytesPerEntry = meta.entries === 0 ? 0 : meta.dataBytes / meta.entries;
  if (json) return `${JSON.stringify({ version, bytesPerEntry, ...meta })}\n`;
  const { read, withoutScore, duplicates } = meta.rows;
  const withoutHash = meta.sources.reduce((sum, source) => sum + source.rowCount, 0) - read;
  return [
    `version     ${version}`,
    `entries     ${meta.entries} of ${read + withoutHash} rows; ${withoutHash} without a hash, ` +
      `${withoutScore} without a score, ${duplicates} duplicates`,
    `columns     ${meta.columns.join(', ')} as ${meta.precision}`,
    `size        ${meta.dataBytes} bytes, ${bytesPerEntry.toFixed(2)} an entry, ${meta.blocks} blocks`,
    `checksum    ${meta.checksum}`,
    `made        ${meta.createdAt} by bowerbird ${meta.toolVersion}, from ${meta.sources.length} files`,
    '',
  ].join('\n');
}
