import type { Command } from './command.ts';
import { DEMO } from './demo-command.ts';
import { LOOKUP } from './lookup-command.ts';
import { SCORE } from './score-command.ts';
import { STORE_BUILD, STORE_INFO, STORE_VERIFY } from './store-command.ts';
import { SUBSET } from './subset-command.ts';

/** Commands by the word that they are called by; a group has commands of its own. */
export const COMMANDS: readonly (Command | CommandGroup)[] = [
  SCORE,
  SUBSET,
  LOOKUP,
  {
    name: 'store',
    describe: 'Build, describe or check a hash -> score store',
    commands: [STORE_BUILD, STORE_INFO, STORE_VERIFY],
  },
  DEMO,
];

/** Commands that share their first word. */
export interface CommandGroup {
  readonly name: string;
  readonly describe: string;
  readonly commands: readonly Command[];
}

/** The word that a command is called by. */
export function nameOf(command: Command | CommandGroup): string {
  return 'name' in command ? command.name : command.usage.split(' ')[0]!;
}
