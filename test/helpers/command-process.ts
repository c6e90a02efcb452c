// Runs the command lines that its parent sends, one after the other, and answers each with how it ended.
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { CliResult } from './run-cli.ts';

/** What the command that runs has printed. */
let printed = { stdout: '', stderr: '' };

for (const name of ['stdout', 'stderr'] as const) {
  const decoder = new TextDecoder();
  process[name].write = (
    chunk: string | Uint8Array,
    encodingOrDone?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    printed[name] += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
    if (callback) process.nextTick(callback);
    return true;
  };
}

// What decoders and encoders do in processes of their own is covered by the tests of their rooms.
delete process.env['NODE_V8_COVERAGE'];

let last: Promise<void> = Promise.resolve();

async function answer(args: readonly string[]): Promise<void> {
  printed = { stdout: '', stderr: '' };
  const exitCode = await runCommandLine(args);
  process.send!({ exitCode, ...printed } satisfies CliResult);
}

process.on('message', (args: readonly string[]) => {
  last = last.then(() => answer(args));
});
process.on('disconnect', () => process.exit());
