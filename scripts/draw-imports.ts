// Draws who imports whom, for Graphviz: npx tsc; node .build/scripts/draw-imports.js | dot -Tsvg > imports.svg
// With the name of a room, its files and the files of others that they enter or that enter them.
import { type Import, importsOf, listSources, roomOf, sourceFolder } from './house/imports.ts';

const [room] = process.argv.slice(2);
const imports = listSources(sourceFolder)
  .flatMap((file) => importsOf(file))
  .filter(({ isPackage }) => !isPackage);

const rooms = [...new Set(listSources(sourceFolder).map(roomOf))];
if (room !== undefined && !rooms.includes(room)) {
  console.error(`There is no room ${room}. Rooms: ${rooms.join(', ')}`);
  process.exit(2);
}

function arrowsBetween(nameOf: (file: string) => string, wanted: readonly Import[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { file, target } of wanted) {
    const arrow = `"${nameOf(file)}" -> "${nameOf(target)}"`;
    if (nameOf(file) !== nameOf(target)) counts.set(arrow, (counts.get(arrow) ?? 0) + 1);
  }
  return counts;
}

const arrows =
  room === undefined
    ? arrowsBetween(roomOf, imports)
    : arrowsBetween(
        (file) => file,
        imports.filter(({ file, target }) => [roomOf(file), roomOf(target)].includes(room)),
      );
const lines = [...arrows].map(([arrow, count]) => `  ${arrow}${count > 1 ? ` [label=${count}]` : ''};`);
console.log(`digraph bowerbird {\n  node [shape=box];\n${lines.join('\n')}\n}`);
