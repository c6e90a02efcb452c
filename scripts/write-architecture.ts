// Writes the table of rooms into docs/architecture.md. Run it after a change to scripts/house/rooms.ts:
// npx tsc; node .build/scripts/write-architecture.js
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../src/base/package.ts';
import { ROOMS, type Room } from './house/rooms.ts';

export const ARCHITECTURE_PAGE = 'docs/architecture.md';
const SECTION = /(<!-- rooms: [^\n]* -->\n).*(\n<!-- \/rooms -->)/s;

/** The table of rooms in Markdown. */
export function roomTable(rooms: readonly Room[] = ROOMS): string {
  const rows = rooms.map(
    ({ name, what, mayImport, doors, packages }) =>
      `| \`${name}\` | ${what} | ${listed(mayImport, 'nothing')} | ${listed(doors, 'none')} | ${listed(packages, '')} |`,
  );
  return [
    '| room | what happens there | may import | doors | packages |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function listed(names: readonly string[] | 'everything', none: string): string {
  if (names === 'everything') return names;
  return names.length === 0 ? none : names.map((name) => `\`${name}\``).join(', ');
}

/** The page with the table between its two marks. @throws Error where the page has no such marks */
export function withRoomTable(page: string): string {
  if (!SECTION.test(page))
    throw new Error(`${ARCHITECTURE_PAGE} has no <!-- rooms: ... --> and <!-- /rooms -->`);
  return page.replace(SECTION, (_, before: string, after: string) => before + roomTable() + after);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(packageFolder, ARCHITECTURE_PAGE);
  writeFileSync(path, withRoomTable(readFileSync(path, 'utf8')));
  console.log(`${path}: ${ROOMS.length} rooms`);
}
