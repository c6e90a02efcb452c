import { createHash } from 'node:crypto';
import { BowerbirdError } from '../base/errors.ts';
import { isRunRecord, type RunRecord } from '../runs/run-record.ts';
import { cutShards } from '../shards/cut-shards.ts';
import type { RunPlan } from '../shards/plan.ts';
import { backendOf } from './backend-of.ts';
import { movedInput } from './converted-inputs.ts';

/** Values of flags of `score` by name, as they were given; inputs and places are told apart from them. */
export type PlanFlags = Readonly<Record<string, unknown>>;

/** By path. */
export type InputTags = Readonly<Record<string, string>>;

/** plan.json: all that workers have to agree upon. Written once, and never changed. */
interface PlanDocument {
  readonly format: 'bowerbird-plan';
  readonly version: 1;
  /** As they were given: files, folders, globs and brace patterns. */
  readonly inputs: readonly string[];
  readonly flags: PlanFlags;
  /** Shards are cut from the inputs by `number_sample_per_shard`, and so not repeated. */
  readonly plan: Omit<RunPlan, 'shards'>;
  /**
   * Of inputs that are read where they lie elsewhere, by path: what their place tells an object by (its ETag). Beside their fingerprints, which are the same
   * for copies at other places.
   */
  readonly tags?: InputTags;
  /** What each worker's own settings, encoder and heads are compared with. */
  readonly record: RunRecord;
}

/** A plan, and the digest that its workers name it by. */
export interface PlannedRun {
  readonly inputs: readonly string[];
  readonly flags: PlanFlags;
  readonly plan: RunPlan;
  readonly tags: InputTags;
  readonly record: RunRecord;
  /** sha256 (hex) of plan.json. */
  readonly digest: string;
}

const PLAN = 'plan.json';

/** Where the plan of a run lies. @param run a folder, or a URL of object storage */
export function planPath(run: string): string {
  return backendOf(run).place(PLAN);
}

/** Whether a run has a plan. @throws as `RunBackend` */
export async function isPlanned(run: string): Promise<boolean> {
  return backendOf(run).has(PLAN);
}

/** Stands in a plan for the run folder, which is mounted elsewhere on other machines. */
const RUN = '<run>';

/** The bytes of a plan: of the same inputs, settings and models always the same. */
export function encodePlan(
  folder: string,
  { inputs, flags, tags }: Pick<PlannedRun, 'inputs' | 'flags' | 'tags'>,
  { shards: _, ...plan }: RunPlan,
  record: RunRecord,
): string {
  const sorted = Object.fromEntries(Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1)));
  const document: PlanDocument = {
    format: 'bowerbird-plan',
    version: 1,
    inputs,
    flags: sorted,
    plan: { ...plan, inputs: plan.inputs.map((input) => movedInput(input, `${folder}/`, `${RUN}/`)) },
    ...(Object.keys(tags).length > 0 && { tags }),
    // Who planned it, and when, is no part of it.
    record: { ...record, state: 'running', sessions: [] },
  };
  return `${JSON.stringify(document)}\n`;
}

/** The plan of a run; undefined where it has none. @throws BowerbirdError BB_PLAN_CORRUPT; as `RunBackend` */
export async function readPlan(run: string): Promise<PlannedRun | undefined> {
  const backend = backendOf(run);
  const text = await backend.read(PLAN);
  return text === undefined ? undefined : decodePlan(text, backend.at);
}

/**
 * Writes the plan of a run, unless it has this one already.
 *
 * @returns false where it was there
 * @throws BowerbirdError BB_PLAN_CHANGED where the run has another; BB_PLAN_CORRUPT; as `RunBackend`
 */
export async function writePlan(run: string, text: string): Promise<boolean> {
  if (await backendOf(run).writeNew(PLAN, text)) return true;
  const present = await readPlan(run);
  if (present?.digest === digestOf(text)) return false;
  const path = planPath(run);
  throw new BowerbirdError(
    'BB_PLAN_CHANGED',
    `${path} is a plan of other inputs, settings or models, or of another version of bowerbird, and workers may be at work by it. ` +
      'Repeat the command that made it, or plan into another --output-folder.',
    { fields: { path } },
  );
}

function decodePlan(text: string, run: string): PlannedRun {
  const path = planPath(run);
  let document: PlanDocument | undefined;
  try {
    document = JSON.parse(text) as PlanDocument;
  } catch (cause) {
    throw notAPlan(path, cause);
  }
  if (document?.format !== 'bowerbird-plan' || document.version !== 1 || !isWhole(document))
    throw notAPlan(path, undefined);
  const { inputs, flags, plan, tags = {}, record } = document;
  const files = plan.inputs.map((input) => movedInput(input, `${RUN}/`, `${run}/`));
  const shards = cutShards(files, plan.samplesPerShard);
  return { inputs, flags, plan: { ...plan, inputs: files, shards }, tags, record, digest: digestOf(text) };
}

/** Whether a document has what workers go by: anything may lie under that name. */
function isWhole({ plan, inputs, flags, record }: PlanDocument): boolean {
  const isInput = (input: RunPlan['inputs'][number] | null): boolean =>
    typeof input?.path === 'string' &&
    typeof input.readPath === 'string' &&
    Number.isSafeInteger(input.rowCount) &&
    input.rowCount >= 0;
  return (
    Array.isArray(inputs) &&
    Boolean(flags && plan?.columns) &&
    Number.isSafeInteger(plan.samplesPerShard) &&
    plan.samplesPerShard > 0 &&
    Array.isArray(plan.inputs) &&
    plan.inputs.every(isInput) &&
    isRunRecord(record)
  );
}

function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

function notAPlan(path: string, cause: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_PLAN_CORRUPT',
    `${path} is not the plan of a bowerbird run of format version 1. Remove it and plan again, or choose another --output-folder.`,
    { cause, fields: { path } },
  );
}
