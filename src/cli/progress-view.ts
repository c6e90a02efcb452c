import cliProgress from 'cli-progress';
import type { ScoreProgress } from '../pipeline/progress.ts';

const TERMINAL_REFRESH_MS = 250;
const PLAIN_REFRESH_MS = 10_000;
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
    const { phase, totalRows, resumedRows, ended } = this.#progress;
    if (phase === 'planning' || phase === 'loading' || totalRows === 0) return;
    const line = this.#describe();
    if (!this.#bar) {
      this.#stream.write(`${resumedRows + ended}/${totalRows} rows  ${line}\n`);
      return;
    }
    if (!this.#barStarted) this.#bar.start(totalRows, 0, { line });
    this.#barStarted = true;
    this.#bar.update(resumedRows + ended, { line });
  }

  #describe(): string {
    const { totalRows, resumedRows, ended, kept, failed, finishedShards, totalShards, queues } =
      this.#progress;
    const rate = this.#rowsPerSecond();
    const left = totalRows - resumedRows - ended;
    const depths = Object.entries(queues).map(([name, queue]) => `${name} ${queue.size}/${queue.capacity}`);
    const { pausedAtMs } = this.#progress;
    if (pausedAtMs !== undefined)
      return `paused for ${formatDuration((Date.now() - pausedAtMs) / 1000)}: no host answers`;
    return [
      `shard ${finishedShards}/${totalShards}`,
      `${rate.toFixed(rate < 10 ? 1 : 0)} images/s`,
      `kept ${kept}`,
      `failed ${failed}`,
      `ETA ${rate > 0 ? formatDuration(left / rate) : '-'}`,
      ...(depths.length > 0 ? [`queues: ${depths.join(', ')}`] : []),
    ].join('  ');
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
    format: '{bar} {percentage}%  {value}/{total} rows  {line}',
    barsize: 20,
    hideCursor: true,
    // Its own handling of Ctrl-C would send the signal a second time, and a second one means: leave at once.
    gracefulExit: false,
    linewrap: false,
    autopadding: true,
  });
}

function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
  if (whole < 86_400)
    return `${Math.floor(whole / 3600)}h${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`;
  return `${Math.floor(whole / 86_400)}d${Math.floor((whole % 86_400) / 3600)}h`;
}
