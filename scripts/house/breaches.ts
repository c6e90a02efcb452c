import { findCycle, type Import, roomOf } from './imports.ts';
import type { Room } from './rooms.ts';

/** What in the imports of src/ is against the table of rooms, a sentence each. */
export function listBreaches(
  rooms: readonly Room[],
  files: readonly string[],
  imports: readonly Import[],
): string[] {
  const cycle = findCycle(imports);
  return [
    ...rooms.flatMap((room, place) => checkRoom(room, rooms.slice(0, place))),
    ...checkDoors(rooms, files, imports),
    ...checkPermissions(rooms, imports),
    ...imports.flatMap((one) => checkImport(rooms, one) ?? []),
    ...(cycle ? [`import cycle: ${cycle.join(' -> ')}`] : []),
  ];
}

function checkRoom({ name, mayImport }: Room, above: readonly Room[]): string[] {
  if (mayImport === 'everything') return [];
  return mayImport
    .filter((other) => above.every((room) => room.name !== other))
    .map((other) => `the table lets ${name} import from ${other}, which does not stand above it`);
}

/** A door that nobody uses is none: it would be kept open for no one. */
function checkDoors(rooms: readonly Room[], files: readonly string[], imports: readonly Import[]): string[] {
  const entered = new Set(
    imports.flatMap(({ file, target }) => (roomOf(file) === roomOf(target) ? [] : target)),
  );
  return rooms.flatMap(({ name, doors }) =>
    doors.flatMap((door) => {
      const file = `${name}/${door}.ts`;
      if (!files.includes(file)) return [`${file} is a door in the table, but no file`];
      return entered.has(file) ? [] : [`${file} is a door that no other room uses`];
    }),
  );
}

/** A permission or a package that nobody uses would let something in unseen. */
function checkPermissions(rooms: readonly Room[], imports: readonly Import[]): string[] {
  return rooms.flatMap(({ name, mayImport, packages }) => {
    const own = imports.filter(({ file }) => roomOf(file) === name);
    const entered = new Set(own.map(({ target, isPackage }) => (isPackage ? target : roomOf(target))));
    const rights = mayImport === 'everything' ? packages : [...mayImport, ...packages];
    return rights
      .filter((right) => !entered.has(right))
      .map((right) => `the table lets ${name} import ${right}, which it never does`);
  });
}

function checkImport(rooms: readonly Room[], { file, target, isPackage }: Import): string | undefined {
  const from = roomOf(file);
  const room = rooms.find(({ name }) => name === from);
  if (!room) return `${file} lies in a room that the table of rooms does not know`;
  if (isPackage) return checkPackage(rooms, file, target);
  const to = roomOf(target);
  if (to === from) return undefined;
  if (room.mayImport !== 'everything' && !room.mayImport.includes(to)) {
    return `${file} imports from ${to}, which ${from} may not`;
  }
  const doors = rooms.find(({ name }) => name === to)?.doors ?? [];
  return doors.some((door) => target === `${to}/${door}.ts`)
    ? undefined
    : `${file} enters ${to} by ${target}, which is no door of that room`;
}

function checkPackage(rooms: readonly Room[], file: string, target: string): string | undefined {
  const owners = rooms.filter(({ packages }) => packages.includes(target)).map(({ name }) => name);
  if (owners.includes(roomOf(file))) return undefined;
  return owners.length > 0
    ? `${file} imports ${target}, which belongs to ${owners.join(', ')}`
    : `${file} imports ${target}, which no room of the table has`;
}
