import type { ExecutionContext } from 'ava';
import {
  createDownloader,
  type Downloaded,
  type Downloader,
  type DownloaderParts,
} from '../../src/download/downloader.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { SampleFailure } from '../../src/samples/reasons.ts';
import { type FaultHost, type FaultHostOptions, startFaultHost } from '../helpers/fault-host.ts';

/** A downloader for loopback hosts, closed when the test ends. */
export function startDownloader(
  t: ExecutionContext,
  options: Partial<DownloadOptions> = {},
  parts: Partial<DownloaderParts> = {},
): Downloader {
  const downloader = createDownloader({ threadCount: 64, allowPrivateAddresses: true, ...options }, parts);
  t.teardown(() => downloader.close());
  return downloader;
}

export async function startHost(t: ExecutionContext, options: FaultHostOptions = {}): Promise<FaultHost> {
  const host = await startFaultHost(options);
  t.teardown(() => host.close());
  return host;
}

/** What a download must have failed with. */
export function failureIn(t: ExecutionContext, outcome: Downloaded | SampleFailure): SampleFailure {
  t.is(outcome.kind, 'failed');
  return outcome as SampleFailure;
}

/** What a download must have brought; its bytes are given back at once. */
export function imageIn(t: ExecutionContext, outcome: Downloaded | SampleFailure): Downloaded {
  if (outcome.kind === 'failed') t.log(outcome);
  t.is(outcome.kind, 'downloaded');
  (outcome as Downloaded).release();
  return outcome as Downloaded;
}

/** Waits until something that needs a few turns has come true. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
