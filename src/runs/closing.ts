import { BowerbirdError } from '../base/errors.ts';

/**
 * Waits for work that leaves nothing behind, but only until the run is told to close: reading a folder of text files
 * or loading a large model takes minutes, and whoever stops it then should not wait for it.
 *
 * @throws BowerbirdError BB_INTERRUPTED
 */
export async function unlessClosing<T>(work: Promise<T>, closing: AbortSignal): Promise<T> {
  // Nobody waits for it any more once the run closes.
  work.catch(() => undefined);
  let onAbort = (): void => undefined;
  const closed = new Promise<never>((_, reject) => {
    onAbort = () => reject(interruptedError());
  });
  if (closing.aborted) throw interruptedError();
  closing.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, closed]);
  } finally {
    closing.removeEventListener('abort', onAbort);
  }
}

function interruptedError(): BowerbirdError {
  return new BowerbirdError(
    'BB_INTERRUPTED',
    'interrupted before scoring began. What earlier runs finished is kept; run the same command again to go on.',
  );
}
