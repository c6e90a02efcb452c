import { readFile } from 'node:fs/promises';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { PROBABILITY_TAGS, type ProbabilityTag } from '../samples/tags.ts';
import { WhatIfCube } from '../scores/what-if.ts';
import { readTagValues } from '../shards/tag-values.ts';

const MEMORY_LIMIT_MB = 256;

/** What the tags of a run hold. */
export interface TagCounts {
  readonly cube: WhatIfCube;
  /** Kept rows that have no such tag. */
  readonly keptWithout: Readonly<Record<ProbabilityTag, number>>;
}

/**
 * Counts the scored rows of a run by their tags. The tags are what is counted, not what was judged: so the cube says
 * what a query over the tags says, and needs nothing of an earlier session.
 *
 * @param stats scored and kept rows as the stats have them
 * @throws BowerbirdError BB_SHARD_READ, BB_RUN_CORRUPT
 */
export async function countTags(
  tagFiles: readonly string[],
  temporaryFolder: string,
  stats: { readonly successes: number; readonly kept: number },
): Promise<TagCounts> {
  const cube = new WhatIfCube();
  const keptWithout = { punsafe: 0, pwatermark: 0 };
  let keptRows = 0;
  const options = { memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder };
  for await (const tags of readTagValues(tagFiles, options)) {
    cube.addRows(tags.kept.length, tags);
    keptRows += countKept(tags.kept, () => true);
    for (const tag of PROBABILITY_TAGS)
      keptWithout[tag] += countKept(tags.kept, (row) => Number.isNaN(tags[tag][row]!));
  }
  if (cube.rows === stats.successes && keptRows === stats.kept) return { cube, keptWithout };
  throw new BowerbirdError(
    'BB_RUN_CORRUPT',
    `The tags of this run hold ${cube.rows} scored rows and ${keptRows} kept ones, but its stats count ` +
      `${stats.successes} and ${stats.kept}. ` +
      'A file in tags/ was changed: remove it and run the same command again, its shard will be redone.',
    { fields: { rows: cube.rows, kept: keptRows } },
  );
}

function countKept(kept: Uint8Array, isCounted: (row: number) => boolean): number {
  let count = 0;
  for (let row = 0; row < kept.length; row++) if (kept[row] === 1 && isCounted(row)) count++;
  return count;
}

/** Writes what-if.json: a line for each cell would be a megabyte of spaces. */
export async function writeWhatIf(path: string, cube: WhatIfCube): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(cube)}\n`);
}

/** Reads what-if.json; undefined where a run has none. @throws BowerbirdError BB_RUN_CORRUPT */
export async function readWhatIf(path: string): Promise<WhatIfCube | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  return WhatIfCube.parse(text, path);
}
