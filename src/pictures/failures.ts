import type { FailureReason, SampleFailure } from '../samples/reasons.ts';

/** One line per reason for which an image cannot be read. */
const MESSAGES = {
  image_missing: 'The file is not there',
  file_unreadable: 'The file cannot be read',
  file_too_large: 'The file is larger than the limit',
  file_empty: 'The file is empty',
} as const satisfies Partial<Record<FailureReason, string>>;

/** A failure with its usual message, or with one that says it more exactly. */
export function unread(reason: keyof typeof MESSAGES, message: string = MESSAGES[reason]): SampleFailure {
  return { kind: 'failed', reason, message };
}
