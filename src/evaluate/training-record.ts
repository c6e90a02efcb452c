import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isObject } from '../base/json-object.ts';

/** What the record beside a head says of its training. */
export interface TrainedHere {
  readonly method: string;
  readonly mode: string;
  readonly question: string;
  readonly feedbackDigest: string;
  /** Of pairs: what a difference of scores is to be multiplied by to be a logit. */
  readonly logitsPerPoint?: number;
  /** By what samples were held out; undefined where the record does not say it. */
  readonly heldOutBy?: readonly unknown[];
  /** Of values: what predictions on what it held out summed up to beside the truth, on its way. */
  readonly ratios?: TrainingRatios;
  /** Whether the record is of the very head, by its digest. */
  readonly isOfHead: boolean;
}

/** Sums of predictions over sums of what is true at the steps that all networks were looked at, the mean of these; null where one has none. */
export interface TrainingRatios {
  readonly steps: readonly number[];
  readonly ofScores: readonly (number | null)[];
  readonly ofLikes: readonly (number | null)[];
  /** The mean of the steps that networks are kept at. */
  readonly keptStep: number | null;
}

const RECORD_FILE = 'training.json';

/** The record of `bowerbird train` beside a head; undefined where there is none. */
export async function readTrainingRecord(head: string, digest: string): Promise<TrainedHere | undefined> {
  let record: unknown;
  try {
    record = JSON.parse(await readFile(join(dirname(head), RECORD_FILE), 'utf8'));
  } catch {
    // Heads of others have none, and may lie beside anything.
    return undefined;
  }
  if (!isObject(record) || record['format'] !== 'bowerbird-training') return undefined;
  const { head: made, logits_per_point: logits, held_out_by: heldOutBy } = record;
  const text = (name: string): string => (typeof record[name] === 'string' ? record[name] : '');
  return {
    ...{ method: text('method'), mode: text('mode'), question: text('question') },
    feedbackDigest: text('feedback_digest'),
    ...(typeof logits === 'number' && { logitsPerPoint: logits }),
    ...(Array.isArray(heldOutBy) && { heldOutBy }),
    ...ratiosOf(record),
    isOfHead: isObject(made) && made['sha256'] === digest,
  };
}

/** Of a record that somebody changed nothing is taken that is not what it should be. */
function ratiosOf({ prediction_ratios: members, steps_kept: kept }: Readonly<Record<string, unknown>>): {
  ratios?: TrainingRatios;
} {
  if (!Array.isArray(members) || members.length === 0 || !members.every(isCurve)) return {};
  const steps = members[0]!.map(([step]) => step as number);
  if (!members.every((curve) => curve.every(([step], look) => step === steps[look]))) return {};
  const meanAt = (look: number, unit: 1 | 2): number | null => {
    const found = members.map((curve) => curve[look]?.[unit] ?? null);
    return meanOf(found);
  };
  return {
    ratios: {
      steps,
      ofScores: steps.map((_, look) => meanAt(look, 1)),
      ofLikes: steps.map((_, look) => meanAt(look, 2)),
      keptStep: Array.isArray(kept) && kept.every(isNumber) ? meanOf(kept) : null,
    },
  };
}

type Curve = readonly (readonly (number | null)[])[];

function isCurve(value: unknown): value is Curve {
  return (
    Array.isArray(value) &&
    value.every(
      (look) =>
        Array.isArray(look) && isNumber(look[0]) && look.every((one) => one === null || isNumber(one)),
    )
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Null where one is, or there is none. */
function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length < values.length || known.length === 0) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
