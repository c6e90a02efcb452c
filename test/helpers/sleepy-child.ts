import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { childSettings, serveParent } from '../../src/base/child-server.ts';

// A child for tests: it does not get as far as serving requests, or only after some of its kind have died of it.
const { livesAfter, counter } = childSettings<{ livesAfter?: number; counter?: string }>();
if (counter === undefined || livesAfter === undefined) {
  setInterval(() => undefined, 1000);
} else {
  const starts = existsSync(counter) ? Number(readFileSync(counter, 'utf8')) : 0;
  writeFileSync(counter, String(starts + 1));
  if (starts < livesAfter) process.kill(process.pid, 'SIGKILL');
  serveParent({ echo: async (args) => ({ values: args }) });
}
