import { encodeRunRecord, parseRunRecord } from '../runs/run-record.ts';
import { readPlan } from './plan-file.ts';
import type { RunBackend } from './run-backend.ts';

const RECORD = 'run.json';

/**
 * Puts the record of a run's plan in the place of a run.json that is gone or damaged: both were written together, and finished shards name what they were made of
 * (`ShardRule`). By whoever holds the run.
 *
 * @param write puts a text in the place of run.json
 * @param onNote told where that was done, in one line
 * @throws BowerbirdError BB_RUN_CORRUPT for a damaged one of a run without a plan; BB_PLAN_CORRUPT; as `RunBackend`
 */
export async function restoreRecord(
  backend: Pick<RunBackend, 'at' | 'place' | 'read'>,
  write: (text: string) => Promise<void>,
  onNote: (text: string) => void,
): Promise<void> {
  const text = await backend.read(RECORD);
  const path = backend.place(RECORD);
  let damage: unknown;
  try {
    if (text !== undefined) parseRunRecord(text, path);
  } catch (thrown) {
    damage = thrown;
  }
  if (text !== undefined && damage === undefined) return;
  const planned = await readPlan(backend.at);
  if (planned) {
    await write(encodeRunRecord(planned.record));
    onNote(
      `${path} was ${damage ? 'damaged' : 'gone'}: it is written anew from plan.json, which tells what the run is made with, and not when it was worked on.`,
    );
    return;
  }
  if (damage !== undefined) throw damage;
}
