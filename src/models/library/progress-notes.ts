import type { Clock } from '../../base/clock.ts';
import type { TransferProgress } from './transfer.ts';

const NOTE_EVERY_MS = 5000;

const MB = 1e6;

/** Says every few seconds how far a file has come. */
export function progressNotes(
  onNote: (note: string) => void,
  clock: Pick<Clock, 'nowMs'>,
): (progress: TransferProgress) => void {
  let saidMs = clock.nowMs();
  return ({ file, receivedBytes, totalBytes }) => {
    if (clock.nowMs() - saidMs < NOTE_EVERY_MS) return;
    saidMs = clock.nowMs();
    const whole = totalBytes === undefined ? '' : ` of ${Math.ceil(totalBytes / MB)}`;
    onNote(`${file}: ${Math.floor(receivedBytes / MB)}${whole} MB`);
  };
}
