import type { MadePlan } from '../fleet/make-plan.ts';
import { type Command, commandLine, type Invocation, pathsOf, shellWord } from './command.ts';
import { usageError } from './flags.ts';
import { plannedFlags, refuseUnplannable } from './planned-flags.ts';
import { refuseEmbeddings } from './rescore-config.ts';
import { scoreConfig } from './score-config.ts';
import { MODEL_URLS, SCORE_FLAGS } from './score-flags.ts';
import { withInputs } from './score-inputs.ts';
import { showProgress } from './score-progress.ts';
import { SLICE_FLAGS } from './slice-flags.ts';

const FLAGS = Object.fromEntries(Object.entries(SCORE_FLAGS).filter(([name]) => !(name in SLICE_FLAGS)));

/** `bowerbird plan` */
export const PLAN: Command = {
  flags: FLAGS,
  examples: [
    ["plan 'laion/*.parquet' --output-folder out --min-aesthetic 7", 'Then, on each machine:'],
    ['score --output-folder out --task-index 3 --task-count 8', 'One slice of it'],
    ['merge out', 'The merged files and the report'],
  ],
  docs: 'docs/fleet.md',
  storedRuns: ['output-folder'],
  remoteInputs: ['inputs', 'url-list', ...MODEL_URLS],
  extend: (parser) => withInputs(parser, { name: 'plan', flags: FLAGS }),
  run: planCommand,
};

async function planCommand(invocation: Invocation): Promise<number> {
  const { values, args } = invocation;
  const inputs = pathsOf(invocation, 'url-list', 'inputs');
  const folder = values['output-folder'] as string | undefined;
  if (inputs.length === 0)
    throw usageError('plan needs at least one input: a file, folder, glob or brace pattern.');
  if (!folder) throw usageError('plan needs --output-folder: the run folder that workers will share.');
  refuseUnplannable(values);
  refuseEmbeddings(values);
  const config = scoreConfig(values, inputs, commandLine(args));
  const plan = await showProgress(async (progress, closing) => {
    const { makePlan } = await import('../fleet/make-plan.ts');
    return makePlan(config, plannedFlags(invocation), progress, closing);
  });
  process.stdout.write(
    `${values['json'] === true ? JSON.stringify(json(plan, folder)) : describe(plan, folder)}\n`,
  );
  return 0;
}

function json({ plan, digest, isNew }: MadePlan, folder: string): object {
  return {
    output_folder: folder,
    ...{ inputs: plan.inputs.length, rows: plan.rowCount, shards: plan.shards.length },
    digest,
    is_new: isNew,
  };
}

function describe({ plan, digest, isNew }: MadePlan, folder: string): string {
  return [
    `${isNew ? 'planned' : 'planned already'}: ${plan.rowCount} rows of ${plan.inputs.length} inputs in ${plan.shards.length} shards`,
    `plan ${digest}`,
    `Any number of machines that share ${folder} can do it now: bowerbird score --output-folder ${shellWord(folder)} --task-index I --task-count N`,
  ].join('\n');
}
