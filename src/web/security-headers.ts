import { createHash } from 'node:crypto';

/** On every answer: whatever it is, it is that and nothing else, for this origin alone, and leaves no copy behind. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** The one style sheet and the one script of a page. */
export interface PageParts {
  readonly style: string;
  readonly script: string;
}

/**
 * The policy of a page that shows pictures of its own server: nothing is loaded from, sent to or run for anybody else. The page
 * must hold style sheet and script byte for byte.
 */
export function pagePolicy({ style, script }: PageParts): string {
  return [
    "default-src 'none'",
    `script-src '${digestOf(script)}'`,
    `style-src '${digestOf(style)}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
