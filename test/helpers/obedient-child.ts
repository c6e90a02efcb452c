import { serveParent } from '../../src/base/child-server.ts';
import { BowerbirdError } from '../../src/base/errors.ts';

// A child for tests: it echoes, fails, hangs or dies as it is told.
serveParent({
  async echo(args, body) {
    return { values: args, parts: [body] };
  },
  async fail() {
    throw new BowerbirdError('BB_MODEL_GRAPH', 'as told', { fields: { node: 'conv1' } });
  },
  async hang() {
    return new Promise(() => undefined);
  },
  /** Holds up all that this child does, for good. */
  async block() {
    for (;;);
  },
  async wait(args) {
    await new Promise((resolve) => setTimeout(resolve, args['ms'] as number));
    return { values: args };
  },
  async die() {
    process.stderr.write('these are my last words\n');
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  },
  async pid() {
    return { values: { pid: process.pid } };
  },
});
