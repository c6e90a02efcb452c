import type { WatchResult } from '../watch/watch.ts';
import { collectListeners, describeCollect } from './collect-command.ts';
import { type Command, commandLine, type Invocation } from './command.ts';
import { readConfigFile } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { runWithProgress } from './score-command.ts';
import { unknownFlag } from './unknown-flags.ts';
import { WATCH_FLAGS, watchOptions } from './watch-flags.ts';

/** `bowerbird watch` */
export const WATCH: Command = {
  flags: WATCH_FLAGS,
  examples: [
    ['watch reddit earthporn+itookapicture --to watched --min-aesthetic 6', 'One cycle: for cron'],
    [
      'watch --config watch.json',
      'The same from a file: {"feed": "reddit", "source": "earthporn", "to": "watched", "min_aesthetic": 6}',
    ],
  ],
  docs: 'docs/watch.md',
  extend: (parser) =>
    parser
      .positional('what', { type: 'string', array: true, describe: '`reddit` NAMES, or `jsonfeed` ADDRESS' })
      .config('config', 'JSON file with the same names', (path) =>
        readConfigFile(path, WATCH_FLAGS, (name) =>
          unknownFlag(name, { name: 'watch', flags: WATCH_FLAGS }, []),
        ),
      )
      .group('config', 'Watch:'),
  run: watchCommand,
};

/** Runs one cycle with its progress on stderr and its result on stdout; gives the exit code. */
async function watchCommand({ values, parsed, args }: Invocation): Promise<number> {
  const what = (parsed['what'] as string[] | undefined) ?? [];
  const options = watchOptions(values, what, commandLine(args), process.env);
  const { runWatch } = await import('../watch/watch.ts');
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const result = await runWatch(options, { signal, ...collectListeners(), score: runWithProgress });
        const { feedError, ...told } = result;
        process.stdout.write(values['json'] === true ? `${JSON.stringify(told)}\n` : describeWatch(result));
        if (result.isInterrupted) return interrupted(options.folder);
        if (feedError) throw feedError;
        return 0;
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        return interrupted(options.folder);
      }
    },
  );
}

function interrupted(folder: string): number {
  process.stderr.write(`Interrupted. What is finished lies in ${folder}; the same command goes on.\n`);
  return 130;
}

function describeWatch({ collected, cycles, queue, added, queued, folder }: WatchResult): string {
  const lines = cycles.map(
    ({ run, rows, scored, kept }) =>
      `scored      ${scored} of ${rows} rows, ${kept} above the threshold  ->  ${run}`,
  );
  const reviewed = cycles.flatMap(({ review }) => review ?? []);
  return [
    collected ? describeCollect(collected) : '',
    ...lines.map((line) => `${line}\n`),
    queued === undefined
      ? 'Nothing new to score.\n'
      : `queue       ${queue}: ${added} more, ${queued} in all\n`,
    reviewed.length > 0 ? `\nNext: bowerbird review ${folder}/review --output-folder kept\n` : '',
  ].join('');
}
