#!/usr/bin/env node
// Imports nothing but Node's own modules at first: what the machine lacks is to be told in words, not by a loader's trace.
import { readFileSync } from 'node:fs';

/** Loading the packages, and a command with its inputs, outputs and children, takes no more; downloads come on top. */
const MIN_FILE_DESCRIPTORS = 256;
/** Below this, native code ends the process before anything can be told. */
const MIN_ADDRESS_SPACE_BYTES = 2 * 1024 ** 3;
/** A reader that is slow to take the last lines may hold the process up for so long. */
const MAX_FLUSH_MS = 1000;

/** A soft limit of this process, by its name in /proc/self/limits; infinite where there is none. */
function limitOf(name: string): number {
  try {
    const line = readFileSync('/proc/self/limits', 'utf8')
      .split('\n')
      .find((each) => each.startsWith(name));
    return Number(line?.slice(name.length).trim().split(/\s+/)[0] ?? Number.NaN) || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function refusal(): string | undefined {
  const files = limitOf('Max open files');
  if (files < MIN_FILE_DESCRIPTORS)
    return (
      `this process may open ${files} files and needs at least ${MIN_FILE_DESCRIPTORS}. ` +
      `Run "ulimit -n 4096" first.\n[BB_TOO_FEW_FILE_DESCRIPTORS]`
    );
  const addressBytes = limitOf('Max address space');
  if (addressBytes < MIN_ADDRESS_SPACE_BYTES)
    return (
      `this process may use ${Math.floor(addressBytes / 1024 ** 2)} MiB of addresses, which is too little for its ` +
      `libraries. Run "ulimit -v unlimited" first, and bound real memory with --memory-mb instead.\n[BB_OUT_OF_MEMORY]`
    );
  return undefined;
}

async function main(): Promise<number> {
  const refused = refusal();
  if (refused !== undefined) {
    process.stderr.write(`bowerbird: ${refused}\n`);
    return 2;
  }
  try {
    const { runCommandLine } = await import('./command-line.ts');
    return await runCommandLine(process.argv.slice(2));
  } catch (thrown) {
    return tell(thrown);
  }
}

/** Does not fail: what is thrown here would come here again, for ever. */
async function tell(thrown: unknown): Promise<number> {
  try {
    const { reportError } = await import('./report-error.ts');
    return reportError(thrown);
  } catch {
    const words = String(thrown).split('\n')[0];
    process.stderr.write(
      `bowerbird: files of the program are missing, or were replaced while it ran: ${words} ` +
        'Install it again, and run the same command again: a run goes on behind what it has finished.\n[BB_INSTALLATION]\n',
    );
    return 2;
  }
}

/** Waits until what was printed is out, but not for ever: whoever should read it may have stopped. */
async function flush(): Promise<void> {
  const written = [process.stdout, process.stderr].map(
    (stream) =>
      new Promise<void>((resolve) => (stream.writable ? stream.write('', () => resolve()) : resolve())),
  );
  await Promise.race([Promise.all(written), new Promise((resolve) => setTimeout(resolve, MAX_FLUSH_MS))]);
}

// A pipe that is closed early (`| head`), or a terminal that is gone, is no reason to end a run of days.
process.stderr.on('error', () => undefined);
/** Why what was printed did not arrive, where its reader is not the one who went away: a full disk. */
let lostOutput: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') lostOutput ??= error;
});
// A mistake in a callback that nobody waits for ends the command with its code, too.
process.on('uncaughtException', (thrown) => {
  void tell(thrown).then((exitCode) => process.exit(exitCode));
});

let exitCode = await main();
await flush();
if (exitCode === 0 && lostOutput !== undefined) {
  process.stderr.write(
    `bowerbird: the work is done, but what it printed was lost: ${lostOutput.message}\n[BB_OUTPUT_WRITE]\n`,
  );
  exitCode = 1;
}
// All is closed and written by now. Whatever a library still holds (a timer, a socket) must not keep the process alive.
process.exit(exitCode);
