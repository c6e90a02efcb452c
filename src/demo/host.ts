import { Child } from '../base/child.ts';

/** The port that the URLs in the sample shards name; the demo's image host takes it where it is free. */
export const DEMO_PORT = 28417;

/** The URL under which the sample shards list a path of the demo's image host. */
export function demoUrl(path: string): string {
  return `http://127.0.0.1:${DEMO_PORT}${path}`;
}

/** The running image host of the demo. */
export interface DemoHost {
  /** The port it listens on: `DEMO_PORT`, or another where that was taken. */
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/**
 * Starts the host of the sample shards' pictures on 127.0.0.1, in a process of its own that ends with this one.
 * It paints each picture of the catalogue when it is first asked for, and serves the faults as listed.
 *
 * @param options.port where it should listen; where that port is taken, it listens on a free one
 * @throws BowerbirdError BB_CHILD_CRASHED or BB_CHILD_FAILED where it cannot start
 */
export async function startDemoHost({ port = DEMO_PORT }: { port?: number } = {}): Promise<DemoHost> {
  const child = new Child({
    name: 'demo image host',
    script: new URL('./host-process.js', import.meta.url),
  });
  try {
    const { header } = await child.request({ op: 'listen', args: { port } });
    const taken = (header['values'] as { port: number }).port;
    return { port: taken, origin: `http://127.0.0.1:${taken}`, pid: child.pid, stop: () => child.stop() };
  } catch (thrown) {
    await child.stop();
    throw thrown;
  }
}
