import type { DownloadJob } from '../download-process.ts';
import { type Contestant, DOWNLOADER, img2dataset, LOOP } from '../support/download-contestants.ts';
import { startImageHost } from '../support/image-host.ts';
import type { Contest, MissingContest, PerformanceBench } from './bench.ts';

const IMAGES = 5_000;
const THREAD_COUNT = 256;
const LATENCY_MS = 100;
/** With one image each, the first contact with a host is nearly all. */
const HOSTS = [1, 5_000];
const MOST_OF_LOOP = 1.15;
const MOST_OF_IMG2DATASET = 1 / 1.3;
const IMG2DATASET = ['opencv-python-headless', 'pyarrow', 'img2dataset'];

/** The downloader alone, beside undici's client in a loop without limits, and img2dataset without its TLS context per image. */
export const DOWNLOAD_BENCH: PerformanceBench = {
  name: 'download',
  async prepare({ python, atEnd }) {
    const host = await startImageHost({ width: 500, height: 400, distinct: 20, withFailures: false });
    atEnd(() => host.stop());
    const ports = { port: Number(new URL(host.url(0)).port), silentPort: host.silentPort };
    const missing = IMG2DATASET.filter((name) => python?.versionOf(name) === undefined);
    const contestOf = (hosts: number, peer: Contestant, goal: number): Contest => {
      const job: DownloadJob = {
        ...{ kind: 'downloader', threadCount: THREAD_COUNT, decode: false, hangingShare: 0, hangingRows: 0 },
        ...{ hosts, latencyMs: LATENCY_MS, images: IMAGES, ...ports },
      };
      const cost = async ({ run }: Contestant): Promise<number> =>
        (1000 * (await run(job)).cpuSeconds) / IMAGES;
      return {
        what: titleOf(hosts),
        unit: 'CPU ms an image',
        ours: () => cost(DOWNLOADER),
        peer: { name: peer.name, theirs: () => cost(peer) },
        goal,
      };
    };
    return HOSTS.flatMap((hosts): (Contest | MissingContest)[] => [
      contestOf(hosts, LOOP, MOST_OF_LOOP),
      python && missing.length === 0
        ? contestOf(hosts, img2dataset(python.command).fixed, MOST_OF_IMG2DATASET)
        : { what: `${titleOf(hosts)}, beside img2dataset`, missing: `${missing.join(', ')}; give --python` },
    ]);
  },
};

function titleOf(hosts: number): string {
  return `download ${IMAGES} images of ${hosts} host${hosts === 1 ? '' : 's'} that answer after ${LATENCY_MS} ms`;
}
