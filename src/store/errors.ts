import { BowerbirdError } from '../base/errors.ts';

/** An error of the store room. */
export class StoreError extends BowerbirdError {
  override readonly name: string = 'StoreError';
}

/** A store whose file at `path` is not what a build wrote. */
export function corrupt(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError(
    'BB_STORE_CORRUPT',
    `${path} is damaged: ${why}. Build the store again from its sources.`,
    {
      ...(cause !== undefined && { cause }),
      fields: { path },
    },
  );
}
