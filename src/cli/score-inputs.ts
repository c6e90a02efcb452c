import type { Argv } from 'yargs';
import { type FlagTable, readConfigFile } from './flags.ts';
import { unknownFlag } from './unknown-flags.ts';

/** Adds what commands that read inputs as `score` does have beside their flags: the inputs, and `--config`. */
export function withInputs(
  parser: Argv,
  command: { readonly name: string; readonly flags: FlagTable },
): Argv {
  return parser
    .positional('inputs', {
      type: 'string',
      array: true,
      describe: 'Files, folders, globs or brace patterns',
    })
    .config('config', 'JSON file with the same names', (path) =>
      readConfigFile(path, command.flags, (name) => unknownFlag(name, command, [])),
    )
    .group('config', 'Input:');
}
