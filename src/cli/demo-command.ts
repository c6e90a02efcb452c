import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { packageFolder } from '../base/package.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { DEMO_PORT, type DemoHost, startDemoHost } from '../demo/host.ts';
import type { ScoreConfig } from '../pipeline/config.ts';
import { readRunRecord } from '../runs/run-record.ts';
import type { Command } from './command.ts';
import { checkValues } from './flags.ts';
import { describeResult } from './result-view.ts';
import { runWithProgress } from './score-command.ts';
import { scoreConfig } from './score-config.ts';
import { SCORE_FLAGS } from './score-flags.ts';

/** The demonstration keeps what scores above this: the better third of its pictures. */
const DEMO_MIN_AESTHETIC = 7;

/** Small, so that a run of some hundred rows shows what shards do. */
const DEMO_SAMPLES_PER_SHARD = 100;

/** As run.json tells a demonstration from a run of a person's own. */
const COMMAND_LINE = 'bowerbird demo';

/** `bowerbird demo` */
export const DEMO: Command = {
  examples: [['demo', 'Writes out-demo/report.html']],
  docs: 'README.md',
  flags: {
    'output-folder': {
      group: 'Output:',
      type: 'string',
      default: 'out-demo',
      describe: 'Run folder; a demonstration in it is made anew, any other run is left alone',
    },
  },
  run: ({ values }) => runDemo(values['output-folder'] as string),
};

/**
 * Scores the sample shards from a loopback host that is started for it and stopped after it; gives the exit code.
 * The run folder is made anew each time.
 */
async function runDemo(outputFolder: string): Promise<number> {
  await refuseOtherRuns(outputFolder);
  const shardFolder = join(packageFolder, 'shards');
  process.stderr.write(`Sample shards: ${shardFolder}. Their images come from a host on this machine.\n`);
  const host = await startDemoHost();
  const copies = await makeTemporaryFolder('demo');
  try {
    const inputs = await shardsFor(host, shardFolder, copies);
    const outcome = await runWithProgress(demoConfig(inputs, outputFolder));
    if (outcome.state === 'interrupted') return 130;
    process.stdout.write(`${describeResult(outcome)}\n\n${nextSteps()}\n`);
    return 0;
  } finally {
    await host.stop();
    await rm(copies, { recursive: true, force: true });
  }
}

/** @throws BowerbirdError BB_OUTPUT_FOLDER where a run lies that is no demonstration: that is not made anew */
async function refuseOtherRuns(outputFolder: string): Promise<void> {
  const path = join(outputFolder, 'run.json');
  if (!existsSync(path)) return;
  const commands = await sessionCommands(path);
  if (commands?.every((command) => command === COMMAND_LINE)) return;
  const other = commands?.find((command) => command !== COMMAND_LINE);
  throw new BowerbirdError(
    'BB_OUTPUT_FOLDER',
    `${outputFolder} holds ${other === undefined ? 'a run.json that cannot be read' : `the run of \`${other}\``}, ` +
      'and the demonstration replaces no run but its own. Choose another --output-folder.',
    { fields: { path: outputFolder } },
  );
}

async function sessionCommands(path: string): Promise<string[] | undefined> {
  try {
    return (await readRunRecord(path))?.sessions.map(({ command }) => command);
  } catch (thrown) {
    if (codeOf(thrown) === 'BB_RUN_CORRUPT') return undefined;
    throw thrown;
  }
}

/** The shards name one port; where it is taken, copies of them name the one that the host got. */
async function shardsFor(host: DemoHost, shardFolder: string, copies: string): Promise<string[]> {
  const names = (await readdir(shardFolder)).filter((name) => name.endsWith('.parquet')).sort();
  const shards = names.map((name) => join(shardFolder, name));
  if (host.port === DEMO_PORT) return shards;
  process.stderr.write(
    `Port ${DEMO_PORT} is taken; the host uses ${host.port}, and the run copies of the shards.\n`,
  );
  const { copyWithReplacement } = await import('../demo/shard-copy.ts');
  const change = { column: 'URL', from: `127.0.0.1:${DEMO_PORT}/`, to: `127.0.0.1:${host.port}/` };
  return Promise.all(
    shards.map(async (shard, i) => {
      const copy = join(copies, names[i]!);
      await copyWithReplacement(shard, copy, change);
      return copy;
    }),
  );
}

function demoConfig(inputs: readonly string[], outputFolder: string): ScoreConfig {
  const defaults = Object.fromEntries(
    Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]),
  );
  const values = checkValues(SCORE_FLAGS, {
    ...defaults,
    'output-folder': outputFolder,
    'incremental-mode': 'overwrite',
    'min-aesthetic': String(DEMO_MIN_AESTHETIC),
    'number-sample-per-shard': String(DEMO_SAMPLES_PER_SHARD),
    'allow-private-addresses': true,
    // The host paints its pictures while they are asked for: few at a time, and no hurry.
    'thread-count': '16',
    timeout: '600',
  });
  return scoreConfig(values, inputs, COMMAND_LINE);
}

function nextSteps(): string {
  return `Next: your own shards (Parquet, CSV, TSV, JSON lines or a text file of URLs)

  npx bowerbird score 'my-shards/*.parquet' --output-folder out --min-aesthetic ${DEMO_MIN_AESTHETIC}

and with CLIP ViT-L/14 and LAION's aesthetic head instead of the built-in measures; both are fetched once (docs/models.md)

  npx bowerbird score 'my-shards/*.parquet' --output-folder out-l14 --min-aesthetic 7 \\
    --clip-model ViT-L-14 --device cuda --batch-size 128`;
}
