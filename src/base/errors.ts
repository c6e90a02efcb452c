import { type ErrorCode, EXIT_CODES } from './error-codes.ts';

export type { ErrorCode } from './error-codes.ts';

/** What a person or a program needs beside the message: the input concerned, limits, names. */
export type ErrorFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** Extra facts about an error: what caused it, and the values it speaks of. */
export interface ErrorDetails {
  readonly cause?: unknown;
  readonly fields?: ErrorFields;
}

/**
 * The one error type that leaves a room. `code` is stable (docs/errors.md lists all of them);
 * the message says what happened, to which input, and what to do.
 *
 * Rooms subclass it (`HeadError`, `TableError`, ...) so that `instanceof` tells the room.
 * Failures of a single sample are values, never one of these.
 */
export class BowerbirdError extends Error {
  override readonly name: string = 'BowerbirdError';
  readonly code: ErrorCode;
  readonly fields: ErrorFields;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.fields = details.fields ?? {};
  }

  /** The process exit code for this error: 2 for bad usage or input, 1 for the rest. */
  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node, undici or bowerbird error; undefined where there is none. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Whether there is nothing at a path, or a file where it has a folder. */
export function isMissing(thrown: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(thrown) ?? '');
}

/** The first line of a message: what follows is of use to programmers. */
export function firstLine(thrown: unknown): string {
  return messageOf(thrown).trim().split('\n', 1)[0]!.trimEnd();
}

/** The first line of a message, as a sentence. */
export function firstSentence(thrown: unknown): string {
  const line = firstLine(thrown);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** True where space or quota of a disk is used up. DuckDB says it in words only. */
export function isDiskFull(thrown: unknown): boolean {
  return (
    ['ENOSPC', 'EDQUOT'].includes(codeOf(thrown) ?? '') ||
    messageOf(thrown).includes('No space left on device')
  );
}
