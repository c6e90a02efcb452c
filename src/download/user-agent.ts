import { packageVersion } from '../base/package.ts';

/** Where the owner of a host finds out who is asking, and how to be left alone. */
const PROJECT_URL = 'https://github.com/bowerbird/bowerbird';

/** The name under which X-Robots-Tag may address every crawl that this program does. */
export const PRODUCT_TOKEN = 'bowerbird';

/** `bowerbird/0.2.0 (+https://...; token)`: says who asks, honestly, in every request. */
export function userAgent(token: string): string {
  return `${PRODUCT_TOKEN}/${packageVersion} (+${PROJECT_URL}; ${token})`;
}
