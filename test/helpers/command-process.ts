// Runs the command lines that its parent sends, one after the other, and tells what they print and how they ended.
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { CommandNews } from './run-cli.ts';

function tell(news: CommandNews): void {
  process.send!(news);
}

for (const name of ['stdout', 'stderr'] as const) {
  const decoder = new TextDecoder();
  process[name].write = (
    chunk: string | Uint8Array,
    encodingOrDone?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    tell({ [name]: typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }) });
    const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
    if (callback) process.nextTick(callback);
    return true;
  };
}

// What decoders and encoders do in processes of their own is covered by the tests of their rooms.
delete process.env['NODE_V8_COVERAGE'];

let last: Promise<void> = Promise.resolve();

process.on('message', (args: readonly string[]) => {
  last = last.then(async () => tell({ exitCode: await runCommandLine(args) }));
});
process.on('disconnect', () => process.exit());
