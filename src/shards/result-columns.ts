import { TAGS } from '../samples/tags.ts';

/** The results columns before the input's own, in output order. */
export const LEADING_COLUMNS = ['key', 'hash'] as const;
/** The results columns after the input's own, in output order. */
export const TRAILING_COLUMNS = [
  'status',
  'reason',
  'error_message',
  'original_width',
  'original_height',
  ...TAGS,
  'kept',
  'dropped_by',
] as const;
