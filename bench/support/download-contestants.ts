import { fileURLToPath } from 'node:url';
import type { DownloadJob, DownloadResult } from '../download-process.ts';
import { runCommand, runScript } from './processes.ts';

/** Who downloads the images of a job. */
export interface Contestant {
  readonly name: string;
  readonly run: (job: DownloadJob) => Promise<DownloadResult>;
}

const JOB_SCRIPT = fileURLToPath(new URL('../download-process.js', import.meta.url));
/** Python is not compiled: it lies beside the sources. */
const IMG2DATASET_SCRIPT = fileURLToPath(
  new URL('../../../bench/support/img2dataset-download.py', import.meta.url),
);

/** img2dataset as it is needs 20 ms of CPU for an image, and so few say as much. */
const AS_SHIPPED_IMAGES = 300;

export const DOWNLOADER: Contestant = { name: 'bowerbird', run: runJob };

export const LOOP: Contestant = { name: 'bare loop', run: (job) => runJob({ ...job, kind: 'loop' }) };

/** What img2dataset does with what it has downloaded, where that is not a centre crop of 224 pixels that nobody keeps. */
export interface Img2datasetSaving {
  readonly saves: boolean;
  readonly resizeMode?: string;
  readonly sizePx?: number;
}

/** img2dataset without and with the TLS context that it makes for each image. */
export function img2dataset(
  python: string,
  saving?: Img2datasetSaving,
): { readonly fixed: Contestant; readonly asShipped: Contestant } {
  const run = async (job: DownloadJob, isFixed: boolean): Promise<DownloadResult> => {
    const told = JSON.stringify({ ...job, ...saving, isFixed });
    const { stdout } = await runCommand(python, [IMG2DATASET_SCRIPT, told]);
    return JSON.parse(stdout) as DownloadResult;
  };
  return {
    fixed: { name: 'img2dataset, fixed', run: (job) => run(job, true) },
    asShipped: {
      name: 'img2dataset, as shipped',
      run: (job) => run({ ...job, images: Math.min(job.images, AS_SHIPPED_IMAGES) }, false),
    },
  };
}

async function runJob(job: DownloadJob): Promise<DownloadResult> {
  const { stdout } = await runScript(JOB_SCRIPT, [JSON.stringify(job)]);
  return JSON.parse(stdout) as DownloadResult;
}
