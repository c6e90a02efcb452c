import { CONTENT_FAULTS } from './contents.ts';
import { FRAMING_FAULTS } from './framings.ts';
import { HEAD_FAULTS } from './heads.ts';
import type { FaultKind } from './kind.ts';
import { REDIRECT_FAULTS } from './redirects.ts';
import { SLOW_FAULTS } from './slow.ts';

/** All ways in which a host answers. */
export const KINDS: readonly FaultKind[] = [
  ...HEAD_FAULTS,
  ...FRAMING_FAULTS,
  ...CONTENT_FAULTS,
  ...REDIRECT_FAULTS,
  ...SLOW_FAULTS,
];

/** Where a raw host has such an answer. */
export function pathOf({ name }: FaultKind): string {
  return `/${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
}
