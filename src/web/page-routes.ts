import { type PageParts, pagePolicy } from './security-headers.ts';
import type { WebAnswer, WebRoute } from './server.ts';

/** A PNG of one pixel that is not there. */
const NO_ICON = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg==',
  'base64',
);

/** A page as a document. @param bodyClass tells pages of one style sheet apart */
export function pageDocument({ style, script }: PageParts, body: string, bodyClass?: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>bowerbird</title>
<style>${style}</style>
</head>
<body${bodyClass === undefined ? '' : ` class="${bodyClass}"`}>
${body}<script>${script}</script>
</body>
</html>
`;
}

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
