import { Socket } from 'node:net';
import { BowerbirdError, messageOf } from './errors.ts';
import { type Frame, FrameReader, writeFrame } from './frames.ts';

/** What a handler gives back: small values, and raw bytes. */
export interface ChildReply {
  readonly values?: Readonly<Record<string, unknown>>;
  readonly parts?: readonly Uint8Array[];
}

/** Answers one operation. `args` is what the parent sent, `body` its bytes. */
export type ChildHandler = (args: Readonly<Record<string, unknown>>, body: Buffer) => Promise<ChildReply>;

/** The settings that the parent gave this child. */
export function childSettings<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

/**
 * Runs a child's side of the pipe: each request goes to the handler of its operation, several at a time.
 * The process ends when the parent closes the pipe or dies. Ctrl-C reaches the whole process group;
 * the parent decides what to do with it, so the child ignores it.
 */
export function serveParent(handlers: Readonly<Record<string, ChildHandler>>): void {
  process.on('SIGINT', () => undefined);
  const pipe = new Socket({ fd: 3, readable: true, writable: true });
  const reader = new FrameReader((frame) => void answer(frame));
  pipe.on('data', (chunk: Buffer) => reader.push(chunk));
  pipe.on('error', () => process.exit(0));
  pipe.on('close', () => process.exit(0));
  writeFrame(pipe, { ready: true });

  async function answer({ header, body }: Frame): Promise<void> {
    const id = header['id'];
    try {
      const handler = handlers[header['op'] as string];
      if (!handler) throw new Error(`unknown operation ${String(header['op'])}`);
      const reply = await handler(header['args'] as Record<string, unknown>, body);
      writeFrame(pipe, { id, values: reply.values ?? {} }, reply.parts);
    } catch (thrown) {
      const error =
        thrown instanceof BowerbirdError
          ? { code: thrown.code, message: thrown.message, fields: thrown.fields }
          : { code: 'BB_CHILD_FAILED', message: messageOf(thrown), fields: {} };
      writeFrame(pipe, { id, error });
    }
  }
}
