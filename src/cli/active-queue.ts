import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import type { AskedMode } from '../feedback/queue-items.ts';
import { HEAD_FILE, type Method } from '../learn/options.ts';
import { checkValues } from './flags.ts';
import { QUEUE_FLAGS, queueOptions } from './queue-flags.ts';

/** What is made anew while people answer. */
export interface ActiveOptions {
  /** After so many answers. */
  readonly every: number;
  readonly feedback: string;
  readonly queue: string;
  /** Where heads go. */
  readonly headFolder: string;
  readonly embeddings: readonly string[];
  readonly question: string;
  readonly mode: AskedMode;
  /** Flags of `train`. */
  readonly headOptions: readonly string[];
}

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
/** What learns from the answers of each mode. */
export const ACTIVE_METHODS: Readonly<Record<AskedMode, Method>> = {
  pair: 'bradley-terry',
  rating: 'mlp',
  keep: 'logistic',
};
/** Of pairs, once there is a head: what teaches it most (`bench:active`); what is asked again, `rate` chooses. */
export const ACTIVE_PAIR_MIX = 'random=.15,variance=.85';
/** Pictures and answers go first (nice). */
const PRIORITY = 10;
const LEAST_ITEMS = 200;

/** Of what a command says when it fails. */
const MOST_SAID_CHARACTERS = 2000;

/** Enough to go on with until the next queue is made. @param every answers until then */
export function itemsOfActiveQueue(every: number): number {
  return Math.max(LEAST_ITEMS, 2 * every);
}

/**
 * Trains a head and makes a queue anew after each so many answers, by commands in processes of their own, one at a time. What fails is told and
 * tried again after as many answers; the old queue stays.
 */
export class ActiveQueue {
  readonly #options: ActiveOptions;
  readonly #onNote: (note: string) => void;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #since = 0;
  #trouble: string | undefined;
  #work: Promise<void> | undefined;

  constructor(options: ActiveOptions, onNote: (note: string) => void) {
    this.#options = options;
    this.#onNote = onNote;
  }

  /** A queue to begin with, where there is none, made in this process. @throws BowerbirdError as `makeQueue`; the signal's reason */
  async begin(signal: AbortSignal): Promise<void> {
    if (existsSync(this.#options.queue)) return;
    const usual = Object.entries(QUEUE_FLAGS).map(([name, flag]) => [name, flag.default]);
    const values = checkValues(QUEUE_FLAGS, { ...Object.fromEntries(usual), ...this.#queueValues() });
    const { makeQueue } = await import('../queue/make-queue.ts');
    await makeQueue(queueOptions(values), { signal, note: this.#onNote, advance: () => undefined });
  }

  /** Why questions are not chosen anew, for those who answer; undefined where the last try did it. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Is told of answers that were saved. */
  answered(count: number): void {
    this.#since += count;
    if (this.#since < this.#options.every || this.#work || this.#stopping.signal.aborted) return;
    this.#since = 0;
    this.#work = this.#refresh().finally(() => {
      this.#work = undefined;
      // Enough may have been answered meanwhile.
      this.answered(0);
    });
  }

  /** Ends what is going on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#child?.kill('SIGKILL');
    await this.#work;
  }

  /** Until nothing is being made. */
  async idle(): Promise<void> {
    while (this.#work) await this.#work;
  }

  async #refresh(): Promise<void> {
    const { headFolder, question, mode, feedback, embeddings, headOptions, every } = this.#options;
    try {
      await this.#run([
        ...['train', '--method', ACTIVE_METHODS[mode], '--question', question, '--output-folder', headFolder],
        ...['--feedback', listOf([feedback]), '--embeddings', listOf(embeddings)],
        ...['--incremental-mode', 'overwrite', ...headOptions],
      ]);
      const flags = Object.entries(this.#queueValues()).flatMap(([name, value]) => [`--${name}`, value]);
      const printed = await this.#run(['queue', '--json', ...flags]);
      const { items, answers } = JSON.parse(printed) as Record<string, number>;
      this.#trouble = undefined;
      this.#onNote(`The queue is new: ${items} items, chosen by what ${answers} answers taught.`);
    } catch (thrown) {
      if (this.#stopping.signal.aborted) return;
      this.#trouble = troubleOf(thrown, every);
      this.#onNote(
        `The queue stays as it is, and is tried again after ${every} more answers. ${messageOf(thrown)}`,
      );
    }
  }

  /** The flags of `queue`. */
  #queueValues(): Record<string, string> {
    const { every, headFolder, question, mode, feedback, embeddings, queue } = this.#options;
    const head = join(headFolder, HEAD_FILE);
    const hasHead = existsSync(head);
    return {
      count: String(itemsOfActiveQueue(every)),
      ...{ question, mode, output: queue, embeddings: listOf(embeddings), 'incremental-mode': 'overwrite' },
      ...(existsSync(feedback) && { feedback: listOf([feedback]) }),
      ...(hasHead && { head }),
      ...(hasHead && mode === 'pair' && !this.#isSingle && { mix: ACTIVE_PAIR_MIX }),
    };
  }

  /** Of a head that is one network, nobody could disagree. */
  get #isSingle(): boolean {
    const { headOptions } = this.#options;
    const at = headOptions.lastIndexOf('--members');
    return at >= 0 && Number(headOptions[at + 1]) === 1;
  }

  /** Runs a command of this program; gives what it printed. A group of its own: Ctrl-C of the terminal is not for it. */
  async #run(args: readonly string[]): Promise<string> {
    this.#stopping.signal.throwIfAborted();
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    lowerPriority(child);
    let printed = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-MOST_SAID_CHARACTERS);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    this.#child = undefined;
    if (code === 0) return printed;
    throw new BowerbirdError(
      'BB_CHILD_FAILED',
      `bowerbird ${args[0]} ended with ${code ?? 'a signal'}: ${said.trim() || 'it said nothing'}`,
    );
  }
}

/** A code of an error at the end of what a command says. */
const SAID_CODE = /\[(BB_[A-Z_]+)\]/g;

/** Without what a command says: there are paths of this machine in it, and the page may be seen elsewhere. */
function troubleOf(thrown: unknown, every: number): string {
  const code = [...messageOf(thrown).matchAll(SAID_CODE)].at(-1)?.[1];
  return `The questions could not be chosen anew${code === undefined ? '' : ` (${code})`}: they go on as they were, and it is tried again after ${every} more answers. The terminal says why.`;
}

/** A list as a flag takes it whatever is in it. */
function listOf(values: readonly string[]): string {
  return JSON.stringify(values);
}

function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, PRIORITY);
  } catch {
    // It has ended already, or the system does not allow it: then it is as it was.
  }
}
