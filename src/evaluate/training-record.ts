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
  /** Whether the record is of the very head, by its digest. */
  readonly isOfHead: boolean;
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
    isOfHead: isObject(made) && made['sha256'] === digest,
  };
}
