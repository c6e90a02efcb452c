import { readPlan } from '../fleet/plan-file.ts';
import { type Command, commandLine, type Invocation, shellWord } from './command.ts';
import { type FlagTable, usageError } from './flags.ts';
import { valuesOfPlan } from './planned-flags.ts';
import { describeJson, describeResult } from './result-view.ts';
import { scoreConfig } from './score-config.ts';
import { showProgress } from './score-progress.ts';
import { shardNames } from './shard-names.ts';

const FLAGS: FlagTable = {
  json: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Print the result as one JSON object',
  },
};

/** `bowerbird merge` */
export const MERGE: Command = {
  flags: FLAGS,
  examples: [['merge out', 'Exit code 1 where shards are missing']],
  docs: 'docs/fleet.md',
  storedRuns: ['run'],
  extend: (parser) =>
    parser.positional('run', { type: 'string', demandOption: true, describe: 'Run folder with a plan.json' }),
  run: mergeCommand,
};

async function mergeCommand({ values, parsed, args }: Invocation): Promise<number> {
  return mergeRun(parsed['run'] as string, {
    isJson: values['json'] === true,
    commandLine: commandLine(args),
  });
}

/** How a merge is told of. */
interface MergeOptions {
  readonly isJson: boolean;
  readonly commandLine: string;
}

/** Merges a planned run and tells what came of it; gives the exit code: 1 where shards are missing. */
export async function mergeRun(run: string, { isJson, commandLine: typed }: MergeOptions): Promise<number> {
  const planned = await readPlan(run);
  if (!planned)
    throw usageError(
      `${run} has no plan.json: nothing was planned there, or it is another folder that is meant. \`bowerbird plan\` plans a run of several workers; \`bowerbird score\` merges the runs that it does alone by itself.`,
    );
  const config = scoreConfig(valuesOfPlan(planned.flags, run), planned.inputs, typed);
  const { folder, record, merged, missing, failed, alive, buried } = await showProgress(
    async (progress, closing) => {
      const { mergePlanned } = await import('../fleet/merge-planned.ts');
      return mergePlanned(config, planned, progress, closing);
    },
  );
  const outcome = { state: 'done', folder, record, merged } as const;
  const workers = alive === undefined ? {} : { workers: alive };
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ ...JSON.parse(describeJson(outcome)), missing: missing.map(({ id }) => id), failed, ...workers })}\n`
      : `${describeResult(outcome, record.bad_files)}\n`,
  );
  if (buried > 0) process.stderr.write(`Removed what ${buried} workers had left that are gone.\n`);
  if (missing.length === 0) return 0;
  const names = shardNames(missing.map(({ id }) => id));
  const given =
    failed.length === 0
      ? ''
      : ` ${failed.length} of them are named as failed, since workers died on them or could not read them: \`bowerbird coordinate ${shellWord(run)} --queue URL --retry-failed\` has them tried again.`;
  const atWork = alive === undefined ? '' : `; ${alive} workers are at work`;
  process.stderr.write(
    `Not the whole run: ${missing.length} of ${planned.plan.shards.length} shards are not committed yet ` +
      `(${names})${atWork}.${given}\n`,
  );
  return 1;
}
