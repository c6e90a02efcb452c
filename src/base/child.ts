import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, EXIT_CODES } from './error-codes.ts';
import { BowerbirdError, type ErrorFields, messageOf } from './errors.ts';
import { type Frame, FrameReader, writeFrame } from './frames.ts';

/** How to start a child process. */
export interface ChildOptions {
  /** A word for messages: "decoder", "encoder". */
  readonly name: string;
  /** The script that calls `serveParent`. */
  readonly script: URL;
  /** Handed to the script as JSON in its first argument. */
  readonly settings?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  /** A file of `SharedBlocks`, which the child then has open as BLOCKS_DESCRIPTOR. */
  readonly blocks?: number | undefined;
}

/** What goes to a child: an operation with its arguments, and raw bytes. */
export interface ChildRequest {
  readonly op: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly parts?: readonly Uint8Array[];
}

interface Waiting {
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: BowerbirdError) => void;
}

const STDERR_TAIL_CHARACTERS = 2000;

/** An idle child is gone at once when its pipe closes; one that hangs has nothing left that anybody waits for. */
const STOP_GRACE_MS = 1500;

/** Children that run. One that hangs does not notice that its parent has ended, so the parent ends it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * One child process that answers requests over a pipe of its own (file descriptor 3).
 *
 * Native code that decodes images or runs models lives in such children: it cannot block
 * the parent's event loop, and when it crashes it takes one child with it, not the run.
 */
export class Child {
  readonly #name: string;
  readonly #process: ChildProcess | undefined;
  readonly #pipe: Duplex | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #stderrTail = '';
  #ended: BowerbirdError | undefined;
  #hasStarted = false;
  /** Settles when the child serves requests, or has ended before it could. */
  readonly ready: Promise<void>;
  /** Settles when the process is gone and its stderr is read. */
  readonly exited: Promise<void>;
  #becomeReady: () => void = () => undefined;

  constructor(options: ChildOptions) {
    this.#name = options.name;
    const started = startProcess(options);
    this.#process = 'failure' in started ? undefined : started;
    // Absent also where the system has no file descriptors left; that is told by an `error`, as other failures are.
    this.#pipe = this.#process?.stdio?.[3] as Duplex | undefined;
    const reader = new FrameReader((frame) => this.#receive(frame));
    this.#pipe?.on('data', (chunk: Buffer) => reader.push(chunk));
    // A write to a child that has just died; its exit reports the reason.
    this.#pipe?.on('error', () => undefined);
    this.#process?.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-STDERR_TAIL_CHARACTERS);
    });
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => this.#end(how, resolve);
      if ('failure' in started)
        queueMicrotask(() => end(`could not be started: ${messageOf(started.failure)}`));
      this.#process?.once('error', (error) => end(`could not be started: ${error.message}`));
      this.#process?.once('close', (code, signal) => end(`ended with ${signal ?? `code ${code}`}`));
    });
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Whether it has served requests, or could have. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @throws BowerbirdError BB_CHILD_CRASHED where the process ends first; else whatever code the child answered
   */
  request(request: ChildRequest): Promise<Frame> {
    if (this.#ended) return Promise.reject(this.#ended);
    const pipe = this.#pipe;
    if (!pipe) return this.exited.then(() => Promise.reject(this.#ended));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      writeFrame(pipe, { id, op: request.op, args: request.args ?? {} }, request.parts);
    });
  }

  /** Ends the process at once; requests in flight are rejected with BB_CHILD_CRASHED. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  /** Closes the pipe, which ends an idle child, and waits until it is gone; one that hangs is killed. */
  async stop(): Promise<void> {
    this.#pipe?.end();
    this.#pipe?.destroy();
    const timer = setTimeout(() => this.kill(), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  #receive(frame: Frame): void {
    if (frame.header['ready']) {
      this.#hasStarted = true;
      this.#becomeReady();
      return;
    }
    const id = frame.header['id'] as number;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    const error = frame.header['error'] as { code: string; message: string; fields: ErrorFields } | undefined;
    if (!error) waiting?.resolve(frame);
    else waiting?.reject(new BowerbirdError(knownCode(error.code), error.message, { fields: error.fields }));
  }

  #end(how: string, done: () => void): void {
    if (this.#process) running.delete(this.#process);
    const tail = this.#stderrTail.trim();
    this.#ended ??= new BowerbirdError(
      'BB_CHILD_CRASHED',
      `The ${this.#name} process ${this.#process?.pid ?? ''} ${how}.${tail ? ` Its last words: ${tail}` : ''}`,
      { fields: { child: this.#name, stderr: tail } },
    );
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
    this.#becomeReady();
    done();
  }
}

/** Some failures to start are thrown (no memory for a process), others come as an event. */
function startProcess(options: ChildOptions): ChildProcess | { readonly failure: unknown } {
  try {
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', fileURLToPath(options.script), JSON.stringify(options.settings ?? {})],
      {
        stdio: [
          'ignore',
          'ignore',
          'pipe',
          'pipe',
          ...(options.blocks === undefined ? [] : [options.blocks]),
        ],
        env: { ...process.env, ...options.env },
      },
    );
    if (child.pid !== undefined) running.add(child);
    return child;
  } catch (failure) {
    return { failure };
  }
}

function knownCode(code: string): ErrorCode {
  return code in EXIT_CODES ? (code as ErrorCode) : 'BB_CHILD_FAILED';
}
