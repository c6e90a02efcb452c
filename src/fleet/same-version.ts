import { BowerbirdError } from '../base/errors.ts';
import { packageVersion } from '../base/package.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { mayDiffer, otherVersions } from '../runs/versions.ts';
import { SharedRun } from './shared-run.ts';

/**
 * Refuses to do shards of a plan that another version has made: a run of two of them would have bytes that neither gives alone.
 *
 * @param sameBytes versions beside this one that may go on
 * @throws BowerbirdError BB_RUN_CHANGED
 */
export function refuseOtherVersion(
  { bowerbird_version: planned }: Pick<RunRecord, 'bowerbird_version'>,
  sameBytes?: readonly string[],
): void {
  if (!mayDiffer(planned, sameBytes)) return;
  throw differs(
    planned,
    `This run was planned with bowerbird ${planned}, and this is ${packageVersion}: their shards may differ. ` +
      `Install that version for its workers (npm install bowerbird@${planned}), or plan into another --output-folder.`,
  );
}

/**
 * Refuses to plan a run some of whose shards another version has finished, as its workers would be refused were the plan that version's.
 *
 * @param existing what the run was begun with
 * @throws BowerbirdError BB_RUN_CHANGED; as `RunBackend`
 */
export async function refuseFinishedByOthers(
  run: string,
  existing: Pick<RunRecord, 'bowerbird_version' | 'sessions'> | undefined,
): Promise<void> {
  const [other] = existing ? otherVersions(existing) : [];
  if (other === undefined) return;
  const finished = await new SharedRun(run).countCommitted();
  if (finished === 0) return;
  throw differs(
    other,
    `${run} holds ${finished} finished shards of a run that bowerbird ${other} has worked on, and this is ${packageVersion}: their shards may differ. ` +
      `Plan and finish it with that version (npm install bowerbird@${other}), or plan into another --output-folder.`,
  );
}

function differs(other: string, message: string): BowerbirdError {
  return new BowerbirdError('BB_RUN_CHANGED', message, {
    fields: { differences: [`bowerbird was ${other}, is ${packageVersion}`] },
  });
}
