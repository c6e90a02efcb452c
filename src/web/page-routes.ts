import { type PageParts, pagePolicy } from './security-headers.ts';
import type { WebAnswer, WebRoute } from './server.ts';

/** A PNG of one pixel that is not there. */
const NO_ICON = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg==',
  'base64',
);

/** A page at `/` under its policy, and the icon that browsers ask for unbidden. @param markup holds `parts` byte for byte */
export function pageRoutes(markup: string, parts: PageParts): WebRoute[] {
  return [
    {
      path: '/',
      answer: () => ({
        type: 'text/html; charset=utf-8',
        body: markup,
        headers: { 'content-security-policy': pagePolicy(parts) },
      }),
    },
    { path: '/favicon.ico', answer: () => ({ type: 'image/png', body: NO_ICON }) },
  ];
}

/** Data for a page's script. */
export function jsonAnswer(data: unknown): WebAnswer {
  return { type: 'application/json; charset=utf-8', body: JSON.stringify(data) };
}
