import { checkValues, type FlagValues, usageError } from './flags.ts';
import { retryFlags } from './retry-flags.ts';
import { SCORE_FLAGS } from './score-flags.ts';
import { SLICE_FLAGS } from './slice-flags.ts';

/** Flags of `score` that say where and how a command works, not what its plan is. */
const NOT_PLANNED = ['url-list', 'output-folder', 'json', 'incremental-mode', ...Object.keys(SLICE_FLAGS)];

/** The flags of `score` that were given and that workers take from the plan, by name. */
export function plannedFlags(values: FlagValues): Record<string, unknown> {
  const given = Object.entries(SCORE_FLAGS).filter(
    ([name, flag]) =>
      values[name] !== undefined && JSON.stringify(values[name]) !== JSON.stringify(flag.default),
  );
  return Object.fromEntries(
    given.filter(([name]) => !NOT_PLANNED.includes(name)).map(([name]) => [name, values[name]]),
  );
}

/** The values of a worker: its own where they were given, else the plan's. */
export function withPlanned(values: FlagValues, planned: FlagValues): FlagValues {
  return { ...values, ...planned, ...plannedFlags(values), 'incremental-mode': 'incremental' };
}

/** The values of a command that has none of these flags itself: all are the plan's. */
export function valuesOfPlan(planned: FlagValues, outputFolder: string): FlagValues {
  const defaults = Object.fromEntries(
    Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]),
  );
  return { ...checkValues(SCORE_FLAGS, defaults), ...planned, 'output-folder': outputFolder };
}

/** @throws BowerbirdError BB_USAGE for a flag that has no meaning where several workers do one run */
export function refuseUnplannable(values: FlagValues): void {
  const asked = [
    ...Object.keys(retryFlags('')).filter((name) => values[name] !== undefined && values[name] !== false),
    ...(values['incremental-mode'] === 'incremental' ? [] : ['incremental-mode']),
  ];
  const [first] = asked;
  if (first === undefined) return;
  throw usageError(
    `--${first} changes a run as a whole, and workers each do a part of a plan. ` +
      'Once all is merged and no worker is left, remove plan.json and run `bowerbird score` with it.',
  );
}
