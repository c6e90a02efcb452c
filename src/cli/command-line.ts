import { setFlagsFromString } from 'node:v8';
import { packageVersion } from '../base/package.ts';
import { type LoadedCommands, loadAll, loadCalled } from './commands.ts';
import { normaliseArguments, usageError } from './flags.ts';
import { reportError } from './report-error.ts';
import { joinTruthValues } from './switches.ts';
import type { NamedFlags } from './unknown-flags.ts';

/** yargs' complaint as sentences. Of what it does not know, it gives the names only. */
async function explain(message: string, args: readonly string[]): Promise<string> {
  const [, unknown] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
  if (!unknown) return ended(message);
  const { unknownFlag } = await import('./unknown-flags.ts');
  const all = namedFlags(await loadAll());
  const command = commandOf(args, all);
  if (!command) return ended(message);
  const flags = unknown.split(', ').filter((name) => args.some((arg) => isFlag(arg, name)));
  if (flags.length === 0) return ended(message);
  return flags.map((name) => unknownFlag(name, command, all)).join('\n');
}

const isFlag = (arg: string, name: string): boolean => arg === `--${name}` || arg.startsWith(`--${name}=`);

/** The command that the words begin with. */
function commandOf(args: readonly string[], all: readonly NamedFlags[]): NamedFlags | undefined {
  return all.find(({ name }) => `${args.join(' ')} `.startsWith(`${name} `));
}

function namedFlags(commands: LoadedCommands): NamedFlags[] {
  return [...commands].map(([name, { flags }]) => ({ name, flags }));
}

function ended(sentence: string): string {
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}

/**
 * Runs a command line, the words after `bowerbird`; gives the exit code. What goes wrong is told on stderr.
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  if (words.length === 1 && words[0] === '--version') {
    process.stdout.write(`${packageVersion}\n`);
    return 0;
  }
  const normalised = normaliseArguments(words);
  relaxGarbageCollection(normalised[0]);
  const called = await loadCalled(normalised);
  const args = joinTruthValues(normalised, commandOf(normalised, namedFlags(called))?.flags ?? {});
  const { buildParser, Complaint } = await import('./parser.ts');
  let exitCode = 0;
  const parser = buildParser({
    args,
    called,
    finish: (code) => {
      exitCode = code;
    },
  });
  try {
    if (args.length === 0) throw usageError(`name a command.\n\n${await parser.getHelp()}\n`);
    await parser.parseAsync();
    return exitCode;
  } catch (thrown) {
    return reportError(
      thrown instanceof Complaint ? usageError(await explain(thrown.message, args)) : thrown,
    );
  }
}

/** Commands through which rows flow for as long as there are any: what they have alive does not depend on how many. */
const COMMANDS_OF_ANY_LENGTH: ReadonlySet<string | undefined> = new Set(['score', 'work']);

/** What may be allocated beside what is alive before the heap is collected, in percent of that (bench/README.md, "Memory"). */
const GROWTH_PERCENT = 200;
const FLAT_GROWTH_PERCENT = 50;

/**
 * Lets the heap grow further before it is collected. A process through which images flow allocates buffers outside the
 * heap all the time, and V8 answers that by marking its whole (small) heap again and again: a tenth of the CPU time of
 * a run. Where much is allowed, the peak creeps up over many collections; commands of any length are allowed what costs
 * them no measurable time and reaches its peak early. The flag is V8's; one that it does not know is ignored.
 */
function relaxGarbageCollection(command: string | undefined): void {
  const percent = COMMANDS_OF_ANY_LENGTH.has(command) ? FLAT_GROWTH_PERCENT : GROWTH_PERCENT;
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
