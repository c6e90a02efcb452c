import cliProgress from 'cli-progress';
import type { ScoreProgress } from '../runs/progress.ts';
import { barProgressLine, type ProgressFacts, plainProgressLine } from './progress-line.ts';

const TERMINAL_REFRESH_MS = 250;
const PLAIN_REFRESH_MS = 10_000;
/** Of a terminal that does not say how wide it is. */
const DEFAULT_COLUMNS = 80;
/** The rate is taken over this much of the recent past, so that it follows what happens now. */
const RATE_WINDOW_MS = 15_000;

/** Shows a run on stderr: a bar that follows it on a terminal, a plain line now and then elsewhere. */
export class ProgressView {
  readonly #progress: ScoreProgress;
  readonly #stream: NodeJS.WriteStream;
  readonly #bar: cliProgress.SingleBar | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #recent: { atMs: number; ended: number }[] = [];
  readonly #restore = (): void => this.#bar?.stop();
  #barStarted = false;

  constructor(progress: ScoreProgress, stream: NodeJS.WriteStream = process.stderr) {
    this.#progress = progress;
    this.#stream = stream;
    this.#bar = stream.isTTY ? makeBar(stream) : undefined;
    // Leaving at once must not leave the terminal without its cursor.
    process.once('exit', this.#restore);
    this.#timer = setInterval(() => this.#show(), stream.isTTY ? TERMINAL_REFRESH_MS : PLAIN_REFRESH_MS);
  }

  /** A line that stays, above the bar. */
  note(text: string): void {
    // When it stops, the bar goes back to the cursor position saved last, which should be the line below the note.
    this.#stream.write(this.#barStarted ? `\r\u001b[K${text}\n\u001b7` : `${text}\n`);
  }

  /** The last state, and no more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#show();
    this.#restore();
    process.off('exit', this.#restore);
  }

  #show(): void {
    const { phase, totalRows } = this.#progress;
    if (phase === 'planning' || phase === 'loading' || totalRows === 0) return;
    const facts = this.#facts();
    if (!this.#bar) {
      this.#stream.write(`${plainProgressLine(facts)}\n`);
      return;
    }
    const line = barProgressLine(facts, this.#stream.columns || DEFAULT_COLUMNS);
    if (!this.#barStarted) this.#bar.start(totalRows, 0, { line });
    this.#barStarted = true;
    this.#bar.update(facts.doneRows, { line });
  }

  #facts(): ProgressFacts {
    const { totalRows, resumedRows, ended, kept, allFailures, finishedShards, totalShards, queues } =
      this.#progress;
    const { pausedAtMs, stuckHosts, saved } = this.#progress;
    const rowsPerSecond = this.#rowsPerSecond();
    const doneRows = resumedRows + ended;
    return {
      ...{ doneRows, totalRows, rowsPerSecond, kept, failed: allFailures, finishedShards, totalShards },
      secondsLeft: rowsPerSecond > 0 ? (totalRows - doneRows) / rowsPerSecond : undefined,
      pausedSeconds: pausedAtMs === undefined ? undefined : (Date.now() - pausedAtMs) / 1000,
      stuckHosts,
      saved,
      queues: Object.entries(queues).map(([name, { size, capacity }]) => ({ name, size, capacity })),
    };
  }

  #rowsPerSecond(): number {
    const now = { atMs: Date.now(), ended: this.#progress.ended };
    this.#recent.push(now);
    while (this.#recent.length > 2 && now.atMs - this.#recent[0]!.atMs > RATE_WINDOW_MS) this.#recent.shift();
    const first =
      this.#recent.length > 1
        ? this.#recent[0]!
        : { atMs: this.#progress.scoringStartedAtMs ?? now.atMs, ended: 0 };
    const seconds = (now.atMs - first.atMs) / 1000;
    return seconds > 0 ? (now.ended - first.ended) / seconds : 0;
  }
}

function makeBar(stream: NodeJS.WriteStream): cliProgress.SingleBar {
  return new cliProgress.SingleBar({
    stream,
    format: '{line}',
    hideCursor: true,
    // Its own handling of Ctrl-C would send the signal a second time, and a second one means: leave at once.
    gracefulExit: false,
    linewrap: false,
  });
}
