import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Two that are taken, and more that wait: the kernel counts a little differently from release to release. */
const FILLERS = 8;

export interface FullPort {
  readonly port: number;
  close(): void;
}

/**
 * A port whose connections are neither taken nor refused, as those of a host that is gone.
 *
 * @param addresses of loopback at which it is full
 * @param port 0 for any
 */
export async function startFullPort(addresses: readonly string[], port = 0): Promise<FullPort> {
  const script = fileURLToPath(new URL('./full-port-process.js', import.meta.url));
  const child = fork(script, [String(port), ...addresses]);
  const [taken] = (await once(child, 'message')) as [number];
  const fillers = addresses.map((address) =>
    Array.from({ length: FILLERS }, () => connect(taken, address).on('error', () => undefined)),
  );
  await Promise.all(fillers.map(([first]) => once(first!, 'connect')));
  return {
    port: taken,
    close: () => {
      for (const filler of fillers.flat()) filler.destroy();
      child.kill('SIGKILL');
    },
  };
}
