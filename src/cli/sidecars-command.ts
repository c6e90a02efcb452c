import type { SidecarReport } from '../sidecars/make.ts';
import { type Command, commandLine, type Invocation } from './command.ts';
import { usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { rowsProgress } from './rows-progress.ts';
import { SIDECARS_FLAGS } from './sidecars-flags.ts';

/** `bowerbird sidecars` */
export const SIDECARS: Command = {
  flags: SIDECARS_FLAGS,
  examples: [
    ['sidecars out', '`out/sidecars/00000.scores.parquet` of `00000.tar`'],
    ['sidecars out --beside', 'Beside the inputs, where they may be written'],
  ],
  docs: 'docs/sidecars.md',
  extend: (parser) =>
    parser.positional('run', {
      type: 'string',
      demandOption: true,
      describe: 'Run folder of `bowerbird score`',
    }),
  run: sidecarsCommand,
};

/** Runs `sidecars` with its progress on stderr and its result on stdout; gives the exit code. */
async function sidecarsCommand({ values, parsed, args }: Invocation): Promise<number> {
  const outputFolder = values['output-folder'] as string | undefined;
  const beside = values['beside'] === true;
  if (beside && outputFolder !== undefined)
    throw usageError('--beside and --output-folder say two different places. Give one of them.');
  const { makeSidecars } = await import('../sidecars/make.ts');
  const shards = rowsProgress('reading the run', undefined, 'shards');
  let rows: ((done: number) => void) | undefined;
  const report = await withInterrupt(
    () =>
      process.stderr.write(
        'Ending the sidecar that is being written (once more Ctrl-C: leave at once) ...\n',
      ),
    (signal) =>
      makeSidecars({
        run: parsed['run'] as string,
        outputFolder,
        beside,
        columns: (values['columns'] as string[] | undefined) ?? [],
        overwrite: values['incremental-mode'] === 'overwrite',
        skipUnfinished: values['skip-unfinished'] === true,
        signal,
        onShard: shards,
        onProgress: (done, total) => {
          rows ??= rowsProgress('writing sidecars', total);
          rows(done);
        },
      }),
  );
  for (const path of report.unfinished) process.stderr.write(`Left out: ${path} is not scored to its end.\n`);
  process.stdout.write(values['json'] === true ? `${JSON.stringify(report)}\n` : describe(report));
  if (report.state === 'done') return 0;
  process.stderr.write(`Interrupted. Those written stand; the same command goes on: ${commandLine(args)}\n`);
  return 130;
}

function describe({ sidecars, written, unchanged, rows, unfinished, empty }: SidecarReport): string {
  const [first] = sidecars;
  return [
    `sidecars    ${written} written, ${unchanged} unchanged: ${rows} rows`,
    ...(first === undefined ? [] : [`the first   ${first}`]),
    ...(unfinished.length > 0
      ? [`left out    ${unfinished.length} inputs that are not scored to their end`]
      : []),
    ...(empty.length > 0 ? [`left out    ${empty.length} inputs without rows`] : []),
    '',
  ].join('\n');
}
