/** A way through objects and lists to a value; several are tried in turn. */
export type JsonPath = readonly (readonly (string | number)[])[];

/** A step: a name, `["any name"]`, or `[3]`. */
const STEP = /\.?([^.[\]"|]+)|\.?\[\s*(\d+)\s*\]|\.?\[\s*("(?:[^"\\]|\\.)*")\s*\]/y;

/**
 * Reads `data.images[0].url`, `author["display.name"]`, `image|banner_image`. A number that is no name of an object leads into a list
 * without brackets too: `images.0.url`.
 *
 * @returns undefined where the text is no path
 */
export function parseJsonPath(text: string): JsonPath | undefined {
  const ways: (string | number)[][] = [];
  for (let at = 0; ; at++) {
    const way: (string | number)[] = [];
    while (at < text.length && text[at] !== '|') {
      STEP.lastIndex = at;
      const found = STEP.exec(text);
      if (!found || (way.length === 0 && found[0].startsWith('.'))) return undefined;
      const [whole, name, index, quoted] = found;
      // Of two names the second one begins with a point.
      if (name !== undefined && way.length > 0 && !whole.startsWith('.')) return undefined;
      way.push(name?.trim() ?? (quoted === undefined ? Number(index) : (JSON.parse(quoted) as string)));
      at = STEP.lastIndex;
    }
    if (way.length === 0) return undefined;
    ways.push(way);
    if (at >= text.length) return ways;
  }
}

/** What the first of the ways leads to that leads to something but null; undefined where none does. */
export function valueAt(value: unknown, path: JsonPath): unknown {
  for (const way of path) {
    const found = way.reduce(step, value);
    if (found !== undefined && found !== null) return found;
  }
  return undefined;
}

function step(value: unknown, name: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return /^\d+$/.test(String(name)) ? value[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
