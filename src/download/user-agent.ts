import { packageVersion } from '../base/package.ts';

/** Where the owner of a host finds out who is asking, and how to be left alone. */
const PROJECT_URL = 'https://github.com/bowerbird/bowerbird';

/** The name under which X-Robots-Tag may address every crawl that this program does. */
export const PRODUCT_TOKEN = 'bowerbird';

/** Longer ones would only make requests longer. */
const MAX_CONTACT_CHARS = 200;

/** What may stand in a comment of a header (RFC 9110, 5.6.5) without being escaped, blanks left out. */
const PLAIN_COMMENT = /^[\x21-\x27\x2a-\x5b\x5d-\x7e]+$/;

const MAIL_ADDRESS = /^[^@:/]+@[^@:/]+\.[^@:/]+$/;

/** Whether something is the URL of a page or a mail address, and can stand in the User-Agent. */
export function isContact(text: string): boolean {
  if (text.length > MAX_CONTACT_CHARS || !PLAIN_COMMENT.test(text)) return false;
  return MAIL_ADDRESS.test(text) || isPage(text);
}

function isPage(text: string): boolean {
  try {
    const { protocol, username, password } = new URL(text);
    return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
  } catch {
    return false;
  }
}

/** `bowerbird/0.2.0 (+https://...; token; contact)`: says who asks, honestly, in every request. */
export function userAgent(token: string, contact: string): string {
  const names = contact === '' ? token : `${token}; ${contact}`;
  return `${PRODUCT_TOKEN}/${packageVersion} (+${PROJECT_URL}; ${names})`;
}
