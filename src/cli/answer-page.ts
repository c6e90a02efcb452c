import { faultText } from './fault-text.ts';
import { aborted, withInterrupt } from './interrupt.ts';
import { rowsProgress } from './rows-progress.ts';

/** What a page is started with, and tells meanwhile. */
export interface PageHooks {
  readonly signal: AbortSignal;
  readonly onProgress: (what: 'answers' | 'samples', count: number) => void;
  readonly onNote: (line: string) => void;
  readonly onFault: (thrown: unknown) => void;
}

/** A page on which people answer, as a command. */
export interface AnswerPage<Running> {
  /** What is read at the start, by name. */
  readonly reading: { readonly answers: string; readonly samples: string };
  start(hooks: PageHooks): Promise<Running>;
  /** What is said once it is there. */
  announce(running: Running): void;
  /** What is said in the end. */
  farewell(running: Running): string;
}

/** Serves a page until a signal. Gives the exit code: 0 after SIGTERM, 130 after Ctrl-C. @throws what `start` throws */
export async function serveAnswerPage<Running extends { stop(): Promise<void> }>({
  reading,
  start,
  announce,
  farewell,
}: AnswerPage<Running>): Promise<number> {
  let first: NodeJS.Signals | undefined;
  await withInterrupt(
    (signal) => {
      first = signal;
    },
    async (closing) => {
      const progress = {
        answers: rowsProgress(`Reading ${reading.answers}`, undefined, 'lines'),
        samples: rowsProgress(`Reading ${reading.samples}`),
      };
      let running: Running;
      try {
        running = await start({
          signal: closing,
          onProgress: (what, count) => progress[what](count),
          onNote: note,
          onFault: (thrown) => note(faultText(thrown)),
        });
      } catch (thrown) {
        if (closing.aborted && thrown === closing.reason) return;
        throw thrown;
      }
      try {
        announce(running);
        await aborted(closing);
      } finally {
        await running.stop();
        note(farewell(running));
      }
    },
  );
  return first === 'SIGTERM' ? 0 : 130;
}

function note(line: string): void {
  process.stderr.write(`bowerbird: ${line}\n`);
}
