import { readFileSync } from 'node:fs';
import { BowerbirdError } from '../base/errors.ts';

/**
 * A download holds one socket, and another one while it tries further addresses of its host; finished ones idle for
 * some seconds, and unfinished connects outlive their download.
 */
const DESCRIPTORS_PER_DOWNLOAD = 5;

/** For everything else that the process has open: shards, databases, pipes to its children. */
const DESCRIPTORS_FOR_THE_REST = 256;

/** More requests at once bring nothing that is known of: at a second of latency these are 4,096 images a second. */
const MOST_REQUESTS = 4096;
/** At 3,000 images a second these are kept for hosts that are asked again after 1.4 s. */
const MOST_IDLE = 4096;
/** What is proposed to whoever has not even room for one. */
const FEW_REQUESTS = 100;
/**
 * The requests that may be in flight: as many as were asked for, or, for `auto`, as many as there are file descriptors for,
 * be it one.
 *
 * @throws BowerbirdError BB_TOO_FEW_FILE_DESCRIPTORS
 */
export function mostRequests(threadCount: number | 'auto', limit: number = softLimit()): number {
  if (threadCount !== 'auto') {
    requireFileDescriptors(threadCount, limit);
    return threadCount;
  }
  const possible = possibleDownloads(limit);
  if (possible >= 1) return Math.min(MOST_REQUESTS, possible);
  const needed = DESCRIPTORS_FOR_THE_REST + DESCRIPTORS_PER_DOWNLOAD;
  throw new BowerbirdError(
    'BB_TOO_FEW_FILE_DESCRIPTORS',
    `A single download at a time needs ${needed} file descriptors and this process may open ${limit}. Run "ulimit -n ` +
      `${neededFor(FEW_REQUESTS)}" first, or a higher one: ${FEW_REQUESTS} downloads at once fit into that.`,
    { fields: { threadCount: 1, needed, limit } },
  );
}

function possibleDownloads(limit: number): number {
  return Math.floor((limit - DESCRIPTORS_FOR_THE_REST) / DESCRIPTORS_PER_DOWNLOAD);
}

function neededFor(downloads: number): number {
  return DESCRIPTORS_PER_DOWNLOAD * downloads + DESCRIPTORS_FOR_THE_REST;
}

/** The idle connections that may be kept beside so many requests, each of which may try a further address; they take memory, too. */
export function mostIdle(requests: number, limit: number = softLimit()): number {
  return Math.min(MOST_IDLE, Math.max(0, limit - DESCRIPTORS_FOR_THE_REST - 2 * requests));
}

/**
 * Refuses to start with fewer file descriptors than `threadCount` downloads need: running out of them half-way
 * would turn good images into failures.
 *
 * @throws BowerbirdError BB_TOO_FEW_FILE_DESCRIPTORS with the number to set.
 */
export function requireFileDescriptors(threadCount: number, limit: number = softLimit()): void {
  const needed = neededFor(threadCount);
  if (limit >= needed) return;
  const possible = possibleDownloads(limit);
  const instead = possible > 0 ? `, or use --thread-count ${possible}` : '';
  throw new BowerbirdError(
    'BB_TOO_FEW_FILE_DESCRIPTORS',
    `${threadCount} downloads at once need ${needed} file descriptors and this process may open ${limit}. ` +
      `Run "ulimit -n ${needed}" first${instead}.`,
    { fields: { threadCount, needed, limit } },
  );
}

/** Node raises its soft limit to the hard one when it starts, so this is what it can really open. */
function softLimit(): number {
  const line = /^Max open files\s+(\S+)/m.exec(linuxLimits());
  const value = Number(line?.[1]);
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

function linuxLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return reportedLimits();
  }
}

/** Systems without /proc: Node's diagnostic report has the same number. */
function reportedLimits(): string {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  return `Max open files ${report.userLimits?.open_files?.soft ?? 'unknown'}`;
}
