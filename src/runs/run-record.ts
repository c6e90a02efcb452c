import { readFile } from 'node:fs/promises';
import { BowerbirdError, isMissing } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { packageVersion } from '../base/package.ts';
import type { Head } from '../heads/head.ts';
import type { Label } from '../samples/label.ts';
import { byTag, type Tag } from '../samples/tags.ts';
import type { Thresholds } from '../scores/thresholds.ts';
import type { RunPlan } from '../shards/plan.ts';
import type { BadFile } from '../tables/bad-files.ts';
import type { PlayedPart } from '../tables/played-parts.ts';
import { type RecordedHeads, recordHead, recordTagModel } from './head-record.ts';

/** An input file as a run is bound to it. */
export interface RecordedInput {
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
  /** Not told by 0.1.0. */
  readonly bowerbird_version?: string;
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

/** What every record is made of. */
export interface RecordFacts {
  /** The settings that decide what is written, as run.json names them. */
  readonly settings: RunRecord['settings'];
  readonly commandLine: string;
  readonly thresholds: Thresholds;
  readonly inputs: readonly RecordedInput[];
  readonly plan: Pick<RunPlan, 'badFiles' | 'rowCount' | 'shards' | 'parts' | 'schema'> & {
    readonly columns: Partial<RunPlan['columns']>;
  };
  readonly encoder: RunRecord['encoder'];
  readonly heads: RecordedHeads;
}

/** A record at the first start of its run. */
export function newRecord(facts: RecordFacts): RunRecord {
  const { settings, commandLine, thresholds, inputs, plan, encoder, heads } = facts;
  return {
    format: 'bowerbird-run',
    version: 1,
    bowerbird_version: packageVersion,
    state: 'running',
    settings,
    thresholds,
    inputs,
    ...(plan.badFiles.length > 0 && { bad_files: plan.badFiles }),
    rows: plan.rowCount,
    shards: plan.shards.length,
    columns: { ...plan.columns } as Record<string, string>,
    parts: plan.parts,
    schema: plan.schema,
    encoder,
    heads,
    sessions: [newSession(commandLine, encoder.provider)],
  };
}

/** What the record of a run over a plan is made of. */
export interface RunFacts extends Omit<RecordFacts, 'inputs' | 'heads'> {
  readonly plan: RunPlan;
  readonly heads: Readonly<Partial<Record<Tag, Head>>>;
  readonly tagModels: readonly IdentifiedModel[];
}

/** An image model that gives a tag. */
interface IdentifiedModel {
  readonly tag: Tag;
  readonly name: string;
  readonly digest: string;
  readonly label?: Label;
}

export function describeRun(facts: RunFacts): RunRecord {
  const { plan, encoder, heads, tagModels } = facts;
  const trainedOn = {
    encoderName: encoder.name,
    encoderDigest: encoder.digest,
    dimension: encoder.dimension,
  };
  const headOf = (tag: Tag): RecordedHeads[string] => {
    const head = heads[tag];
    if (head) return recordHead(head, trainedOn);
    const model = tagModels.find((each) => each.tag === tag);
    return model ? recordTagModel(model) : null;
  };
  const inputs = plan.inputs.map(({ path, format, rowCount, sizeBytes, fingerprint }) => ({
    path,
    format,
    rows: rowCount,
    bytes: sizeBytes,
    fingerprint,
  }));
  return newRecord({ ...facts, inputs, heads: byTag(headOf) });
}

function newSession(command: string, provider: string): Session {
  return {
    started_at: new Date().toISOString(),
    ended_at: null,
    command,
    bowerbird_version: packageVersion,
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
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  return parseRunRecord(text, path);
}

/** What a run.json says. @param path of it, as people name it. @throws BowerbirdError BB_RUN_CORRUPT */
export function parseRunRecord(text: string, path: string): RunRecord {
  try {
    const record = JSON.parse(text) as RunRecord | null;
    if (isRunRecord(record)) return record;
  } catch (cause) {
    throw notARecord(path, cause);
  }
  throw notARecord(path, undefined);
}

/** Whether a JSON value has what a rerun compares with: someone may have edited the file. */
export function isRunRecord(record: RunRecord | null | undefined): record is RunRecord {
  if (record?.format !== 'bowerbird-run' || record.version !== 1) return false;
  const tables = [record.settings, record.thresholds, record.columns, record.encoder, record.heads];
  const lists = [record.inputs, record.schema, record.sessions];
  return tables.every((table) => typeof table === 'object' && table !== null) && lists.every(Array.isArray);
}

const START_OVER = {
  folder: 'start over in this one with --incremental-mode overwrite',
  url: 'remove all that lies below this one and plan it anew',
};

function isUrl(path: string): boolean {
  return /^[a-z0-9]+:\/\//.test(path);
}

function notARecord(path: string, cause: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} is not the run.json of a bowerbird run of format version 1. Where the run has a plan.json, \`bowerbird merge\` writes it anew from that; otherwise choose another --output-folder, or ${START_OVER[isUrl(path) ? 'url' : 'folder']}.`,
    { cause, fields: { path } },
  );
}

/** The text of a run.json. */
export function encodeRunRecord(record: RunRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

export async function writeRunRecord(path: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(path, encodeRunRecord(record));
}
