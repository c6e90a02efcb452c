import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError, isMissing } from '../base/errors.ts';
import { commitFileOnce, temporaryPath, writeNewFile, writing } from '../base/files.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { cutShards } from '../shards/cut-shards.ts';
import type { InputFile, RunPlan } from '../shards/plan.ts';

/** Values of flags of `score` by name, as they were given; inputs and places are told apart from them. */
export type PlanFlags = Readonly<Record<string, unknown>>;

/** plan.json: all that workers have to agree upon. Written once, and never changed. */
interface PlanDocument {
  readonly format: 'bowerbird-plan';
  readonly version: 1;
  /** As they were given: files, folders, globs and brace patterns. */
  readonly inputs: readonly string[];
  readonly flags: PlanFlags;
  /** Shards are cut from the inputs by `number_sample_per_shard`, and so not repeated. */
  readonly plan: Omit<RunPlan, 'shards'>;
  /** What each worker's own settings, encoder and heads are compared with. */
  readonly record: RunRecord;
}

/** A plan, and the digest that its workers name it by. */
export interface PlannedRun {
  readonly inputs: readonly string[];
  readonly flags: PlanFlags;
  readonly plan: RunPlan;
  readonly record: RunRecord;
  /** sha256 (hex) of plan.json. */
  readonly digest: string;
}

/** Where the plan of a run folder lies. */
export function planPath(folder: string): string {
  return join(folder, 'plan.json');
}

/** Stands in a plan for the run folder, which is mounted elsewhere on other machines. */
const RUN = '<run>';

/** The bytes of a plan: of the same inputs, settings and models always the same. */
export function encodePlan(
  folder: string,
  { inputs, flags }: Pick<PlannedRun, 'inputs' | 'flags'>,
  { shards: _, ...plan }: RunPlan,
  record: RunRecord,
): string {
  const sorted = Object.fromEntries(Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1)));
  const document: PlanDocument = {
    format: 'bowerbird-plan',
    version: 1,
    inputs,
    flags: sorted,
    plan: { ...plan, inputs: plan.inputs.map((input) => movedPaths(input, `${folder}/`, `${RUN}/`)) },
    // Who planned it, and when, is no part of it.
    record: { ...record, state: 'running', sessions: [] },
  };
  return `${JSON.stringify(document)}\n`;
}

/** The plan of a run folder; undefined where it has none. @throws BowerbirdError BB_PLAN_CORRUPT */
export async function readPlan(folder: string): Promise<PlannedRun | undefined> {
  const path = planPath(folder);
  try {
    return decodePlan(await readFile(path), folder);
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/**
 * Writes the plan of a run folder, unless it has this one already.
 *
 * @returns false where it was there
 * @throws BowerbirdError BB_PLAN_CHANGED where the folder has another; BB_PLAN_CORRUPT, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function writePlan(folder: string, text: string): Promise<boolean> {
  const path = planPath(folder);
  const temporary = temporaryPath(path);
  await writing(path, () => writeNewFile(temporary, text));
  if (await commitFileOnce(temporary, path)) return true;
  const present = await readPlan(folder);
  if (present?.digest === digestOf(text)) return false;
  throw new BowerbirdError(
    'BB_PLAN_CHANGED',
    `${path} is a plan of other inputs, settings or models, and workers may be at work by it. ` +
      'Repeat the command that made it, or plan into another --output-folder.',
    { fields: { path } },
  );
}

function decodePlan(bytes: Buffer, folder: string): PlannedRun {
  const path = planPath(folder);
  let document: PlanDocument | undefined;
  try {
    document = JSON.parse(bytes.toString('utf8')) as PlanDocument;
  } catch (cause) {
    throw notAPlan(path, cause);
  }
  if (document?.format !== 'bowerbird-plan' || document.version !== 1 || !document.plan || !document.record)
    throw notAPlan(path, undefined);
  const { inputs, flags, plan, record } = document;
  const files = plan.inputs.map((input) => movedPaths(input, `${RUN}/`, `${folder}/`));
  const shards = cutShards(files, plan.samplesPerShard);
  return { inputs, flags, plan: { ...plan, inputs: files, shards }, record, digest: digestOf(bytes) };
}

/** What was converted lies in the run folder. */
function movedPaths(input: InputFile, from: string, to: string): InputFile {
  const moved = (path: string): string => (path.startsWith(from) ? to + path.slice(from.length) : path);
  const { archivePath } = input;
  return {
    ...input,
    readPath: moved(input.readPath),
    ...(archivePath !== undefined && { archivePath: moved(archivePath) }),
  };
}

function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function notAPlan(path: string, cause: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_PLAN_CORRUPT',
    `${path} is not the plan of a bowerbird run of format version 1. Remove it and plan again, or choose another --output-folder.`,
    { cause, fields: { path } },
  );
}
