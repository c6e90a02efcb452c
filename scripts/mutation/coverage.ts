import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `[start, end, count]` of one range of a file, as V8 counts it. */
type Range = readonly [start: number, end: number, count: number];

/**
 * What one test file ran: per built file (relative to the build folder) the ranges that each process of it counted. A
 * function's first range is the whole of it; the later ones lie inside and say better.
 */
export type Covered = Readonly<Record<string, readonly (readonly Range[])[]>>;

interface V8Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { startOffset: number; endOffset: number; count: number }[];
    }[];
  }[];
}

/** Reads what `NODE_V8_COVERAGE=folder` left, of files under `buildFolder/src/`. */
export function readCoverage(folder: string, buildFolder: string): Covered {
  const sources = join(buildFolder, 'src/');
  const covered: Record<string, Range[][]> = {};
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as V8Coverage;
    for (const { url, functions } of result) {
      if (!url.startsWith('file:') || !fileURLToPath(url).startsWith(sources)) continue;
      const path = fileURLToPath(url).slice(buildFolder.length + 1);
      const ranges = functions.flatMap((one) =>
        one.ranges.map((range): Range => [range.startOffset, range.endOffset, range.count]),
      );
      covered[path] ??= [];
      covered[path].push(ranges);
    }
  }
  return covered;
}

/** Whether any process ran the code at an offset: the smallest range around it was counted. */
export function isCovered(covered: Covered, path: string, offset: number): boolean {
  return (covered[path] ?? []).some((ranges) => {
    let best: Range | undefined;
    for (const range of ranges) {
      const [start, end] = range;
      if (start <= offset && offset < end && (!best || end - start <= best[1] - best[0])) best = range;
    }
    return best !== undefined && best[2] > 0;
  });
}
