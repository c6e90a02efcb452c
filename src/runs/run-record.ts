import { readFile } from 'node:fs/promises';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { packageVersion } from '../base/package.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { Encoder } from '../embed/encoder.ts';
import type { Head } from '../heads/head.ts';
import type { EncoderFiles } from '../models/encoder-files.ts';
import type { BadFile } from '../tables/bad-files.ts';
import type { RunPlan } from '../shards/plan.ts';
import type { PlayedPart } from '../tables/played-parts.ts';
import { resultSettings, type ScoreConfig } from '../pipeline/config.ts';
import { headIdentities, type RecordedHeads, recordHead } from './head-record.ts';
import type { Tag } from '../pipeline/shard-work.ts';
import type { Thresholds } from '../scores/thresholds.ts';

/** An input file as a run is bound to it. */
interface RecordedInput {
  readonly path: string;
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  readonly fingerprint: string;
}

/** One start of the command on this folder. */
interface Session {
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly command: string;
  readonly node: string;
  readonly platform: string;
  readonly provider: string;
}

/** run.json: what a run folder was made with, and so what it takes to go on with it. */
export interface RunRecord {
  readonly format: 'bowerbird-run';
  readonly version: 1;
  readonly bowerbird_version: string;
  readonly state: 'running' | 'interrupted' | 'done';
  readonly settings: Readonly<Record<string, unknown>>;
  readonly thresholds: Thresholds;
  readonly inputs: readonly RecordedInput[];
  /** Inputs that were passed over, where there are any. */
  readonly bad_files?: readonly BadFile[];
  readonly rows: number;
  readonly shards: number;
  readonly columns: Readonly<Record<string, string>>;
  /** What the columns are read for, and what they are converted to. */
  readonly parts: readonly PlayedPart[];
  readonly schema: readonly { readonly name: string; readonly type: string }[];
  readonly encoder: {
    readonly name: string;
    readonly description: string;
    readonly digest: string;
    readonly dimension: number;
    readonly provider: string;
    readonly batch_invariant: boolean;
  };
  readonly heads: RecordedHeads;
  readonly sessions: readonly Session[];
}

/** What a record is made of. */
export interface RunFacts {
  readonly config: ScoreConfig;
  readonly plan: RunPlan;
  readonly thresholds: Thresholds;
  readonly encoderFiles: EncoderFiles;
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  readonly heads: Readonly<Partial<Record<Tag, Head>>>;
}

export function describeRun({ config, plan, thresholds, encoderFiles, encoder, heads }: RunFacts): RunRecord {
  const headOf = (tag: Tag): RunRecord['heads'][string] => {
    const head = heads[tag];
    return head
      ? recordHead(head, {
          encoderName: encoderFiles.name,
          encoderDigest: encoderFiles.digest,
          dimension: encoder.dimension,
        })
      : null;
  };
  return {
    format: 'bowerbird-run',
    version: 1,
    bowerbird_version: packageVersion,
    state: 'running',
    settings: resultSettings(config),
    thresholds,
    inputs: plan.inputs.map(({ path, format, rowCount, sizeBytes, fingerprint }) => ({
      path,
      format,
      rows: rowCount,
      bytes: sizeBytes,
      fingerprint,
    })),
    ...(plan.badFiles.length > 0 && { bad_files: plan.badFiles }),
    rows: plan.rowCount,
    shards: plan.shards.length,
    columns: { ...plan.columns } as Record<string, string>,
    parts: plan.parts,
    schema: plan.schema,
    encoder: {
      name: encoderFiles.name,
      description: encoderFiles.manifest.description,
      digest: encoderFiles.digest,
      dimension: encoder.dimension,
      provider: encoder.provider,
      batch_invariant: encoder.batchInvariant,
    },
    heads: { aesthetic: headOf('aesthetic'), punsafe: headOf('punsafe'), pwatermark: headOf('pwatermark') },
    sessions: [newSession(config.commandLine, encoder.provider)],
  };
}

export function newSession(command: string, provider: string): Session {
  return {
    started_at: new Date().toISOString(),
    ended_at: null,
    command,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    provider,
  };
}

/** The same record at the end of its latest session. */
export function endSession(record: RunRecord, state: RunRecord['state']): RunRecord {
  const sessions = [...record.sessions];
  const last = sessions.pop();
  if (last) sessions.push({ ...last, ended_at: new Date().toISOString() });
  return { ...record, state, sessions };
}

export async function readRunRecord(path: string): Promise<RunRecord | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    // A path through a file too: whoever asks may have been given one.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(thrown) ?? '')) return undefined;
    throw thrown;
  }
  try {
    const record = JSON.parse(text) as RunRecord;
    if (record.format === 'bowerbird-run' && record.version === 1 && isWhole(record)) return record;
  } catch (cause) {
    throw notARecord(path, cause);
  }
  throw notARecord(path, undefined);
}

/** Whether what a rerun compares with is there: someone may have edited the file. */
function isWhole(record: RunRecord): boolean {
  const tables = [record.settings, record.thresholds, record.columns, record.encoder, record.heads];
  const lists = [record.inputs, record.schema, record.sessions];
  return tables.every((table) => typeof table === 'object' && table !== null) && lists.every(Array.isArray);
}

function notARecord(path: string, cause: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} is not the run.json of a bowerbird run of format version 1. ` +
      'Choose another --output-folder, or start over in this one with --incremental-mode overwrite.',
    { cause, fields: { path } },
  );
}

export async function writeRunRecord(path: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * Continues an existing record with the present one's session. Thresholds may differ: they are no part of what was
 * measured, and finished shards are judged anew.
 *
 * @throws BowerbirdError BB_RUN_CHANGED naming every setting, input, encoder or head that differs
 */
export function continueRun(existing: RunRecord, present: RunRecord): RunRecord {
  const differences = listDifferences(existing, present);
  if (differences.length > 0) {
    throw new BowerbirdError(
      'BB_RUN_CHANGED',
      `This run folder was made with other inputs or settings:\n${differences.map((line) => `  - ${line}`).join('\n')}\n` +
        'Repeat the command with the old ones, choose another --output-folder, add new inputs with ' +
        '--incremental-mode extend, or start over with --incremental-mode overwrite.',
      { fields: { differences } },
    );
  }
  return { ...present, sessions: [...existing.sessions, ...present.sessions] };
}

/** Which hosts may be asked decides which rows fail, as a timeout does: `--retry-failed` takes those up. */
const MAY_CHANGE = ['allow_private_addresses'];

function listDifferences(old: RunRecord, now: RunRecord): string[] {
  const binding = (settings: RunRecord['settings']): Record<string, unknown> =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => !MAY_CHANGE.includes(name)));
  return [
    ...compareTables(
      binding(old.settings),
      binding(now.settings),
      (name) => `--${name.replaceAll('_', '-')}`,
    ),
    ...compareInputs(old.inputs, now.inputs),
    ...compareTables(old.columns, now.columns, (name) => `the ${name} column`),
    ...compareTables(flatten(old.encoder), flatten(now.encoder), (name) => `the encoder's ${name}`),
    ...compareTables(headIdentities(old.heads), headIdentities(now.heads), (name) => `the ${name} head`),
  ];
}

const flatten = (table: object): Record<string, unknown> => ({ ...table });

function compareTables(
  old: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  nameOf: (name: string) => string,
): string[] {
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].flatMap((name) => {
    const [before, after] = [JSON.stringify(old[name] ?? null), JSON.stringify(now[name] ?? null)];
    return before === after ? [] : [`${nameOf(name)} was ${before}, is ${after}`];
  });
}

function compareInputs(old: readonly RecordedInput[], now: readonly RecordedInput[]): string[] {
  const before = new Map(old.map((input) => [input.path, input]));
  const after = new Map(now.map((input) => [input.path, input]));
  const gone = old.filter(({ path }) => !after.has(path)).map(({ path }) => `input ${path} is gone`);
  const fresh = now.filter(({ path }) => !before.has(path)).map(({ path }) => `input ${path} is new`);
  const changed = now.flatMap((input) => {
    const known = before.get(input.path);
    return known && known.fingerprint !== input.fingerprint ? [`input ${input.path} has other content`] : [];
  });
  return [...gone, ...fresh, ...changed];
}
