import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf } from '../base/errors.ts';
import { refuseUnfinished } from '../base/swap.ts';
import { type ScoreSide, uniteScores } from '../samples/provenance/mixing.ts';
import { provenanceOfRecord } from '../samples/provenance/of-run.ts';
import { columnOrigins, readProvenance, type ScoreOrigins } from '../samples/provenance/provenance.ts';
import { byTag } from '../samples/tags.ts';
import { BUCKET_NAMES, type BucketName } from '../scores/bucket-names.ts';
import { WhatIfCube } from '../scores/what-if.ts';
import { isElsewhere } from '../tables/remote/remote-files.ts';
import { textElsewhere } from '../tables/remote/text.ts';
import { TallyError } from './errors.ts';
import { UNITS_PER_ONE } from './exact-sum.ts';
import { expandFolders } from './inputs.ts';
import { Tally } from './tally.ts';

interface RunOrMerge {
  readonly state?: string;
  readonly rows?: number;
  readonly count?: number;
}

interface StoredBuckets {
  readonly provenance?: unknown;
  readonly buckets: readonly {
    readonly bucket: string;
    readonly count: number;
    readonly mean_score: number | null;
  }[];
}

/** What runs say of themselves, together. */
export interface StoredTally {
  readonly tally: Tally;
  /** Where the scores come from. */
  readonly provenance: ScoreOrigins;
}

/**
 * What finished runs, and merges of runs, say of themselves: their cube and buckets, without a look at the tags.
 * Null and NaN scores are one there, as the tags of a run have no NaN.
 *
 * @param isMixAllowed whether scores of several origins may be counted as one
 * @throws TallyError BB_USAGE for a folder that is neither, or not finished; BB_RUN_CORRUPT; BowerbirdError
 *   BB_OUTPUT_UNFINISHED, BB_PROVENANCE_MIXED
 */
export async function readStored(inputs: readonly string[], isMixAllowed = false): Promise<StoredTally> {
  const tally = new Tally();
  const given = await expandFolders(inputs);
  const folders = new Set(
    given.map((folder) => (isElsewhere(folder) ? folder.replace(/\/+$/, '') : resolve(folder))),
  );
  await refuseUnfinished([...folders].filter((folder) => !isElsewhere(folder)));
  const sides: ScoreSide[] = [];
  for (const folder of folders) {
    const one = await readOne(folder);
    tally.merge(one.tally);
    sides.push({ path: folder, scores: one.provenance });
  }
  return { tally, provenance: uniteScores(sides, isMixAllowed) };
}

async function readOne(folder: string): Promise<StoredTally> {
  const pathOf = (name: string): string => (isElsewhere(folder) ? `${folder}/${name}` : join(folder, name));
  const whatIf = pathOf('what-if.json');
  const record =
    (await readJson<RunOrMerge>(pathOf('run.json'))) ?? (await readJson<RunOrMerge>(pathOf('merged.json')));
  const text = await readText(whatIf);
  const stored = await readJson<StoredBuckets>(pathOf('buckets.json'));
  if (!record || text === undefined || !stored || (record.state ?? 'done') !== 'done') {
    throw new TallyError(
      'BB_USAGE',
      `${folder} is no finished run with a what-if.json. Without --stored its rows are counted.`,
      { fields: { path: folder } },
    );
  }
  const tally = new Tally();
  tally.cube.merge(WhatIfCube.parse(text, whatIf));
  for (const { bucket, count, mean_score } of stored.buckets ?? []) {
    const place = BUCKET_NAMES.indexOf(bucket as BucketName);
    if (place < 0 || !Number.isSafeInteger(count) || count < 0) throw misfit(folder);
    const units = BigInt(Math.round((mean_score ?? 0) * count * UNITS_PER_ONE));
    tally.addToBucket(place, count, { units, tooLarge: 0 });
    tally.states.scored += count;
  }
  tally.states.nullScores = tally.cube.rows - tally.states.scored;
  tally.states.failed = (record.rows ?? record.count ?? 0) - tally.cube.rows;
  const inCells = tally.cube
    .byAesthetic()
    .slice(0, -1)
    .reduce((sum, count) => sum + count, 0);
  if (inCells !== tally.states.scored || tally.states.failed < 0) throw misfit(folder);
  const stated = readProvenance(stored.provenance) ?? provenanceOfRecord(record);
  return { tally, provenance: byTag((tag) => columnOrigins(tag, { provenance: stated })) };
}

function misfit(folder: string): TallyError {
  return new TallyError(
    'BB_RUN_CORRUPT',
    `buckets.json, what-if.json and the record of ${folder} do not belong together. Without --stored its rows are counted.`,
    { fields: { path: folder } },
  );
}

async function readText(path: string): Promise<string | undefined> {
  if (isElsewhere(path)) return textElsewhere(path);
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return undefined;
    throw thrown;
  }
}

async function readJson<Content>(path: string): Promise<Content | undefined> {
  const text = await readText(path);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Content);
  } catch (cause) {
    throw new TallyError('BB_RUN_CORRUPT', `${path} is damaged: it is no JSON.`, { cause });
  }
}
