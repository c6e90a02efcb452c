import { BowerbirdError, type ErrorCode } from '../base/errors.ts';

/** An error about files of weights: reading them, and what they are. */
export class WeightsError extends BowerbirdError {
  override readonly name: string = 'WeightsError';
}

/** A refusal of a file of weights: the problem as the end of a sentence about it. */
export function weightsRefused(path: string, problem: string, cause?: unknown): WeightsError {
  return weightsError('BB_WEIGHTS_REFUSED', path, `The weights ${path} are refused: ${problem}.`, cause);
}

/** Weights that do not exist or cannot be opened. */
export function weightsUnreadable(path: string, problem: string, cause?: unknown): WeightsError {
  return weightsError(
    'BB_WEIGHTS_UNREADABLE',
    path,
    `The weights ${path} cannot be read: ${problem}.`,
    cause,
  );
}

function weightsError(code: ErrorCode, path: string, message: string, cause: unknown): WeightsError {
  return new WeightsError(code, message, { fields: { path }, ...(cause === undefined ? {} : { cause }) });
}
