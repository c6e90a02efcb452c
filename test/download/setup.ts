import type { ExecutionContext } from 'ava';
import { createDownloader, type Downloaded, type Downloader } from '../../src/download/downloader.ts';
import type { DownloaderParts } from '../../src/download/machinery.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { SampleFailure } from '../../src/samples/reasons.ts';
import { type FaultHost, type FaultHostOptions, startFaultHost } from '../helpers/fault-host.ts';

/** No limit of a test that is about something else is ever reached, however busy the machine is. */
export const AMPLE_MS = 3_600_000;

/** Limits of a connection for tests of the time of an image, which a clock of their own tells. */
export const UNHURRIED = {
  connectTimeoutMs: AMPLE_MS,
  tlsTimeoutMs: AMPLE_MS,
  headersTimeoutMs: AMPLE_MS,
  bodyIdleTimeoutMs: AMPLE_MS,
} as const satisfies Partial<DownloadOptions>;

/** A downloader for loopback hosts, closed when the test ends. */
export function startDownloader(
  t: ExecutionContext,
  options: Partial<DownloadOptions> = {},
  parts: Partial<DownloaderParts> = {},
): Downloader {
  const downloader = createDownloader(
    { threadCount: 64, allowPrivateAddresses: true, timeoutMs: AMPLE_MS, ...options },
    { environment: {}, ...parts },
  );
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
