import { BowerbirdError, codeOf } from '../base/errors.ts';

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

/** Whether an error of the file system is about permissions. */
export function isDenied(thrown: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(thrown) ?? '');
}

/** A file or folder of a store that this user may not read or write. */
export function denied(path: string, use: 'read' | 'written', cause: unknown): StoreError {
  const why = codeOf(cause) === 'EROFS' ? 'its file system is read-only' : 'permission denied';
  return new StoreError('BB_STORE_ACCESS', `${path} cannot be ${use}: ${why}.`, { cause, fields: { path } });
}

/** A build that found no room; what it has written is removed. */
export function diskFull(path: string, cause: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_DISK_FULL',
    `No space left on the disk of ${path}. A build needs about 12 bytes a row beside the store itself; an earlier store is untouched.`,
    { cause, fields: { path } },
  );
}
