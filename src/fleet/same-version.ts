import { BowerbirdError } from '../base/errors.ts';
import { packageVersion } from '../base/package.ts';
import type { RunRecord } from '../runs/run-record.ts';

/**
 * Other versions whose shards have the bytes of this one's, by the digests of the same runs. A version that is not named here may decode, scale, judge or write
 * otherwise, and settings and digests of models do not tell it.
 */
const SAME_BYTES: readonly string[] = [];

/**
 * Refuses to do shards of a plan that another version has made: a run of two of them would have bytes that neither gives alone.
 *
 * @param sameBytes versions beside this one that may go on
 * @throws BowerbirdError BB_RUN_CHANGED
 */
export function refuseOtherVersion(
  { bowerbird_version: planned }: Pick<RunRecord, 'bowerbird_version'>,
  sameBytes: readonly string[] = SAME_BYTES,
): void {
  if (planned === packageVersion || sameBytes.includes(planned)) return;
  throw new BowerbirdError(
    'BB_RUN_CHANGED',
    `This run was planned with bowerbird ${planned}, and this is ${packageVersion}: their shards may differ. ` +
      `Install that version for its workers (npm install bowerbird@${planned}), or plan into another --output-folder.`,
    { fields: { differences: [`bowerbird was ${planned}, is ${packageVersion}`] } },
  );
}
