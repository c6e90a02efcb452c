import { type PlannedRun, readPlan } from '../fleet/plan-file.ts';
import { isRemote } from '../storage/storage.ts';
import { type Invocation, shellWord } from './command.ts';
import { checkValues, type FlagValues, usageError } from './flags.ts';
import { retryFlags } from './retry-flags.ts';
import { SCORE_FLAGS } from './score-flags.ts';
import { SLICE_FLAGS } from './slice-flags.ts';

/** Flags of `score` that say where and how a command works, not what its plan is. */
const NOT_PLANNED = [
  ...['url-list', 'output-folder', 'json', 'incremental-mode'],
  ...[...Object.keys(retryFlags('')), ...Object.keys(SLICE_FLAGS)],
];

/** The flags of `score` that were given, on the command line or with another value than the default, by name. */
export function plannedFlags({ values, args }: Pick<Invocation, 'values' | 'args'>): Record<string, unknown> {
  const usual = defaults();
  const typed = new Set(args.map((arg) => /^--([a-z-]+)/.exec(arg)?.[1]));
  const isGiven = (name: string): boolean =>
    typed.has(name) || JSON.stringify(values[name]) !== JSON.stringify(usual[name]);
  const names = Object.keys(SCORE_FLAGS).filter(
    (name) => !NOT_PLANNED.includes(name) && values[name] !== undefined && isGiven(name),
  );
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

/** The values of a worker: its own where they were given, else the plan's. */
export function withPlanned(worker: Pick<Invocation, 'values' | 'args'>, planned: FlagValues): FlagValues {
  return { ...worker.values, ...planned, ...plannedFlags(worker), 'incremental-mode': 'incremental' };
}

function defaults(): FlagValues {
  const usual = Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]);
  return checkValues(SCORE_FLAGS, Object.fromEntries(usual));
}

/** The values of a command that has none of these flags itself: all are the plan's. */
export function valuesOfPlan(planned: FlagValues, outputFolder: string): FlagValues {
  return { ...defaults(), ...planned, 'output-folder': outputFolder };
}

/**
 * @param isWhole whether one process does all of a run in object storage, and so may try rows again
 * @throws BowerbirdError BB_USAGE for a flag that has no meaning where several workers do one run
 */
export function refuseUnplannable(values: FlagValues, isWhole = false): void {
  const retrying = Object.keys(retryFlags('')).filter(
    (name) => values[name] !== undefined && values[name] !== false,
  );
  const asked = [
    ...(isWhole ? [] : retrying),
    ...(values['incremental-mode'] === 'incremental' ? [] : ['incremental-mode']),
  ];
  const [first] = asked;
  if (first === undefined) return;
  const run = String(values['output-folder'] ?? '');
  const advice = !isRemote(run)
    ? 'remove plan.json and run `bowerbird score` with it.'
    : retrying.includes(first)
      ? `run \`bowerbird score --output-folder ${shellWord(run)}\` with it, and without a slice.`
      : 'copy the run into a folder of this machine, remove plan.json and run `bowerbird score` with it.';
  throw usageError(
    `--${first} changes a run as a whole, and workers each do a part of a plan. Once all is merged and no worker is left, ${advice}`,
  );
}

/** The plan of a run folder. @throws BowerbirdError BB_USAGE where it has none, BB_PLAN_CORRUPT */
export async function requirePlan(run: string): Promise<PlannedRun> {
  const planned = await readPlan(run);
  if (planned) return planned;
  throw usageError(`${run} has no plan.json. Run \`bowerbird plan\` first.`);
}
