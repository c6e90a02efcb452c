import { outputFailure } from '../base/output-file.ts';

/**
 * Runs a job that Ctrl-C (or SIGTERM) can close: the first signal aborts `closing`, so that the job finishes what
 * is in flight; the second leaves at once. Child processes end when their pipe to this process closes.
 */
export async function withInterrupt<T>(
  onFirst: (signal: NodeJS.Signals) => void,
  job: (closing: AbortSignal) => Promise<T>,
): Promise<T> {
  const closing = new AbortController();
  const listener = (signal: NodeJS.Signals): void => {
    if (closing.signal.aborted) leaveAtOnce(signal);
    closing.abort();
    onFirst(signal);
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  try {
    return await job(closing.signal);
  } finally {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  }
}

/**
 * Ends the process by the signal, which shells show as 130 (SIGINT) and 143 (SIGTERM). `process.exit` would wait for the threads of
 * libraries, and one that itself waits for JavaScript, as DuckDB's do that write rows from memory, would never end.
 */
function leaveAtOnce(signal: NodeJS.Signals): void {
  // Children are ended, and the terminal is as it was.
  process.emit('exit', 130);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The first process of a container is not ended by a signal that it does not listen to.
  process.exit(130);
}

/** Waits until a signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * How a command ends whose output was not written: 130 and a sentence where it was told to stop.
 *
 * @throws what was thrown otherwise, as `outputFailure` says it
 */
export function endWithout(path: string, signal: AbortSignal, thrown: unknown): number {
  if (thrown !== signal.reason || !signal.aborted) throw outputFailure(path, thrown);
  process.stderr.write(`Interrupted. ${path} was not written.\n`);
  return 130;
}
