import { readFile } from 'node:fs/promises';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { WhatIfCube } from '../buckets/what-if.ts';
import { readTagValues } from '../shards/tag-values.ts';

const MEMORY_LIMIT_MB = 256;

/**
 * Counts the scored rows of a run by their tags. The tags are what is counted, not what was judged: so the cube says
 * what a query over the tags says, and needs nothing of an earlier session.
 *
 * @param successes scored rows as the stats have them
 * @throws BowerbirdError BB_SHARD_READ, BB_RUN_CORRUPT
 */
export async function countTags(
  tagFiles: readonly string[],
  temporaryFolder: string,
  successes: number,
): Promise<WhatIfCube> {
  const cube = new WhatIfCube();
  const options = { memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder };
  for await (const { aesthetic, punsafe, pwatermark } of readTagValues(tagFiles, options)) {
    for (let i = 0; i < aesthetic.length; i++) {
      cube.add({ aesthetic: aesthetic[i]!, punsafe: punsafe[i]!, pwatermark: pwatermark[i]! });
    }
  }
  if (cube.rows === successes) return cube;
  throw new BowerbirdError(
    'BB_RUN_CORRUPT',
    `The tags of this run hold ${cube.rows} scored rows, but its stats count ${successes}. ` +
      'A file in tags/ was changed: remove it and run the same command again, its shard will be redone.',
    { fields: { rows: cube.rows, successes } },
  );
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
