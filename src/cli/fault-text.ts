import { messageOf } from '../base/errors.ts';

/** What is printed of a request that failed in a server: with a trace where it is a defect, as its client is never shown one. */
export function faultText(thrown: unknown): string {
  const isDefect = thrown instanceof Error && !('code' in thrown);
  return isDefect ? (thrown.stack ?? thrown.message) : messageOf(thrown);
}
