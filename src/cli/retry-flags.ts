import { closestMatch } from 'leven';
import { RETRIED_BY_DEFAULT, type RetryRule } from '../runs/retry-rule.ts';
import { type FailureReason, isReason, REASONS } from '../samples/reasons.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';

const ALL = 'all';
const MS_PER_DAY = 86_400_000;
/** A slip of the keyboard changes some letters; names that are farther away are no help. */
const MAX_DISTANCE = 6;

/** Which failed rows of finished shards are tried again. */
export function retryFlags(group: string): FlagTable {
  return {
    'retry-failed': {
      group,
      type: 'boolean',
      default: false,
      describe: 'Also try failed rows of finished shards again: those whose failure may have passed',
    },
    'retry-reasons': {
      group,
      type: 'list',
      describe: 'With --retry-failed: the reasons whose rows are tried again, or `all` (docs/formats.md)',
    },
    'retry-after-days': {
      group,
      type: 'number',
      min: 0,
      max: 36_500,
      describe: 'With --retry-failed: only in shards that ended at least so many days ago',
    },
  };
}

/** Which failed rows are asked for; undefined for none. @throws BowerbirdError BB_USAGE */
export function retryRule(values: FlagValues): RetryRule | undefined {
  const reasons = values['retry-reasons'] as string[] | undefined;
  const days = values['retry-after-days'] as number | undefined;
  if (values['retry-failed'] !== true) {
    const alone = reasons ? '--retry-reasons' : days === undefined ? undefined : '--retry-after-days';
    if (!alone) return undefined;
    throw usageError(`${alone} does nothing without --retry-failed. Give that, too, or leave it out.`);
  }
  return { reasons: reasons ? reasonSet(reasons) : RETRIED_BY_DEFAULT, minAgeMs: (days ?? 0) * MS_PER_DAY };
}

function reasonSet(given: readonly string[]): ReadonlySet<FailureReason> {
  if (given.length === 0) throw usageError(`--retry-reasons needs a reason, several, or \`${ALL}\`.`);
  for (const name of given) if (name !== ALL && !isReason(name)) throw unknownReason(name);
  return new Set((given.includes(ALL) ? Object.keys(REASONS) : given) as FailureReason[]);
}

function unknownReason(name: string): Error {
  const near = closestMatch(name, [ALL, ...Object.keys(REASONS)], { maxDistance: MAX_DISTANCE });
  return usageError(
    `--retry-reasons: there is no reason ${JSON.stringify(name)}. ` +
      `${near ? `Did you mean ${near}? ` : ''}All are in docs/formats.md; \`${ALL}\` means every one.`,
  );
}
