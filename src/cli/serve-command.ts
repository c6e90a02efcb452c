import type { RunningServer } from '../serve/server.ts';
import type { Command, Invocation } from './command.ts';
import { faultText } from './fault-text.ts';
import { aborted, withInterrupt } from './interrupt.ts';
import { SERVE_FLAGS, serveOptions } from './serve-flags.ts';
import { readOptions, STORE_POSITIONAL } from './store-flags.ts';

/** `bowerbird serve` */
export const SERVE: Command = {
  examples: [['serve scores', 'To this machine only, on port 8420']],
  docs: 'docs/serve.md',
  flags: SERVE_FLAGS,
  extend: (parser) => parser.positional('store', STORE_POSITIONAL),
  run: serveCommand,
};

/**
 * Runs `serve` until a signal. Gives the exit code: 0 after SIGTERM, which is how a service is ended, 130 after Ctrl-C.
 *
 * @throws BowerbirdError BB_USAGE, BB_LISTEN, BB_STORE_NOT_FOUND, BB_STORE_EMPTY, BB_STORE_CORRUPT
 */
async function serveCommand({ values, parsed }: Invocation): Promise<number> {
  const options = serveOptions(values, process.env);
  const [{ startServer }, { openFilledStore }] = await Promise.all([
    import('../serve/server.ts'),
    import('../store/reader.ts'),
  ]);
  const store = await openFilledStore(parsed['store'] as string, readOptions(values));
  let first: NodeJS.Signals | undefined;
  try {
    await withInterrupt(
      (signal) => {
        first = signal;
        process.stderr.write('Answering what is in flight (once more: leave at once) ...\n');
      },
      async (closing) => {
        const server = await startServer(store, {
          ...options,
          ...(values['log'] === true && {
            onRequest: (line) => process.stderr.write(`${JSON.stringify(line)}\n`),
          }),
          onFault: (thrown) => process.stderr.write(`bowerbird: ${faultText(thrown)}\n`),
        });
        announce(server, parsed['store'] as string, values['json'] === true);
        await aborted(closing);
        const cut = await server.stop();
        if (cut > 0) process.stderr.write(`${cut} connections took too long and were cut.\n`);
      },
    );
  } finally {
    await store.close();
  }
  return first === 'SIGTERM' ? 0 : 130;
}

function announce({ url, port }: RunningServer, store: string, json: boolean): void {
  process.stderr.write(`${store} answers at ${url}; ${url}/docs describes how.\n`);
  if (json) process.stdout.write(`${JSON.stringify({ url, port, pid: process.pid })}\n`);
}
