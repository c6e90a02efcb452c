import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the host serves: `distinct` JPEGs, and where `withFailures` is set, dead links and broken files among them. */
export interface HostSettings {
  readonly width: number;
  readonly height: number;
  readonly distinct: number;
  readonly withFailures: boolean;
}

/** An image host on loopback, in a process of its own: its CPU time is nobody else's. */
export interface ImageHost {
  /** Of image number `i`; as many numbers as one likes. */
  url(i: number): string;
  /** Takes connections and says nothing. */
  readonly silentPort: number;
  /** Of the first JPEG. */
  readonly jpegBytes: number;
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL('../image-host-process.js', import.meta.url));

export async function startImageHost(settings: HostSettings): Promise<ImageHost> {
  const child = fork(script, [JSON.stringify(settings)]);
  const [{ port, silentPort, jpegBytes }] = (await once(child, 'message')) as [
    { port: number; silentPort: number; jpegBytes: number },
  ];
  return {
    url: (i) => `http://127.0.0.1:${port}/${i}.jpg`,
    silentPort,
    jpegBytes,
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}
