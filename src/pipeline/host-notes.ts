import type { HostWatch } from '../download/host-watch.ts';
import type { HostPace } from '../runs/host-totals.ts';

/** What was seen of one host. */
interface HostNote {
  bytes: number;
  answers: number;
  answerMs: number;
  pauses: number;
  longestPauseMs: number;
}

/** What is seen of the hosts of a shard while its rows are downloaded: of each once, however many rows it has. */
export class HostNotes implements HostWatch {
  readonly #notes = new Map<string, HostNote>();

  answered(host: string, ms: number): void {
    const note = this.#noteOf(host);
    note.answers++;
    note.answerMs += ms;
  }

  askedToPause(host: string, ms: number): void {
    const note = this.#noteOf(host);
    note.pauses++;
    note.longestPauseMs = Math.min(Number.MAX_SAFE_INTEGER, Math.max(note.longestPauseMs, ms));
  }

  /** The image of a row has come. */
  arrived(host: string, bytes: number): void {
    this.#noteOf(host).bytes += bytes;
  }

  /** All that was seen, host by host. */
  *totals(): Iterable<readonly [host: string, seen: { readonly bytes: number; readonly pace: HostPace }]> {
    for (const [host, { bytes, answers, answerMs, pauses, longestPauseMs }] of this.#notes) {
      const pace = {
        answers,
        answer_seconds: answerMs / 1000,
        pauses,
        longest_pause_seconds: longestPauseMs / 1000,
      };
      yield [host, { bytes, pace }];
    }
  }

  #noteOf(host: string): HostNote {
    const known = this.#notes.get(host);
    if (known) return known;
    const note = { bytes: 0, answers: 0, answerMs: 0, pauses: 0, longestPauseMs: 0 };
    this.#notes.set(host, note);
    return note;
  }
}
