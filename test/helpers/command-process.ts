// Runs the commands that its parent sends, one after the other, and tells what they print and how they ended. Called with
// OWN_OUTPUTS, it leaves what they print to its own outputs, whatever those are.
import { runCommandLine } from '../../src/cli/command-line.ts';
import { type CommandNews, type CommandOrder, OWN_OUTPUTS } from './command-pool.ts';

function tell(news: CommandNews): void {
  process.send!(news);
}

/** Has what is written to an output told to the parent instead. */
function tellOutput(name: 'stdout' | 'stderr'): void {
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

if (!process.argv.includes(OWN_OUTPUTS)) for (const name of ['stdout', 'stderr'] as const) tellOutput(name);

/** Takes the place of a process that was started with an environment in a folder. */
function settle({ environment, folder }: CommandOrder): void {
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  // What decoders and encoders do in processes of their own is covered by the tests of their rooms.
  delete process.env['NODE_V8_COVERAGE'];
}

let last: Promise<void> = Promise.resolve();

process.on('message', (order: CommandOrder) => {
  last = last.then(async () => {
    settle(order);
    tell({ exitCode: await runCommandLine(order.args) });
  });
});
process.on('disconnect', () => process.exit());
