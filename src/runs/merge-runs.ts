import { existsSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { isEmptyPlace, OutputPlace, resolvePlace } from '../base/output-place.ts';
import { packageVersion } from '../base/package.ts';
import { quote } from '../base/quote.ts';
import { refuseUnfinished } from '../base/swap.ts';
import type { Head } from '../heads/head.ts';
import { loadHead } from '../heads/load.ts';
import { resolveEncoder } from '../models/registry.ts';
import { type ScoreSide, uniteScores } from '../samples/provenance/mixing.ts';
import { isSameHead } from '../samples/provenance/origin.ts';
import { type Provenance, provenanceJson } from '../samples/provenance/provenance.ts';
import { BucketSums } from '../scores/bucket-sums.ts';
import { type BucketSummary, checkMeans, summarize } from '../scores/summary.ts';
import { WhatIfCube } from '../scores/what-if.ts';
import { decodePartials } from '../tables/partials.ts';
import { readFinishedShard, readShardFile } from './finished-shard.ts';
import { writeBuckets } from './merge.ts';
import { readRunProvenance } from './provenance.ts';
import { listRunFiles } from './run-files.ts';
import { RunFolder } from './run-folder.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';
import { addCounts, emptyCounts, type RowCounts } from './stats.ts';
import { countTags, readWhatIf, writeWhatIf } from './what-if.ts';

const FLAG = '--output-folder';

/** Several runs as one. */
export interface MergedRuns {
  readonly runs: readonly string[];
  readonly counts: RowCounts;
  readonly buckets: readonly BucketSummary[];
  /** The largest |w.(sum/count)+b - mean score|; undefined where the head is not at hand or not linear. */
  readonly meanCheck: number | undefined;
  /** Where the scores of all runs together come from. */
  readonly provenance: Provenance;
}

/** How runs are merged. */
export interface MergeOptions {
  /** The runs' aesthetic head, for the check of means; the built-in encoder's own is found. */
  readonly headFile?: string | undefined;
  /** Whether punsafe and pwatermark may come from other models in each run. */
  readonly isMixAllowed?: boolean | undefined;
}

/**
 * Merges finished runs of one encoder and head: counts and sums are added, run by run in order of their paths and
 * shard by shard, so the means are those of all rows together. The folder appears whole or not at all.
 *
 * @throws BowerbirdError BB_MERGE_REFUSED, BB_PROVENANCE_MIXED, BB_OUTPUT_FOLDER, BB_RUN_CORRUPT, BB_HEAD_MISMATCH, BB_RUN_LOCKED,
 *   BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function mergeRuns(
  runPaths: readonly string[],
  outputFolder: string,
  { headFile, isMixAllowed = false }: MergeOptions = {},
): Promise<MergedRuns> {
  const output = resolvePlace(outputFolder, FLAG);
  refuseForeign(output);
  const runs = await Promise.all(runPaths.map(openRun));
  refuseMisfits(runs);
  refuseWithin(runs, output);
  const place = await OutputPlace.take(output, { flag: FLAG });
  try {
    refuseForeign(output);
    const head = await findHead(runs[0]!.record, headFile);
    const counts = emptyCounts();
    const sums = new BucketSums(runs[0]!.record.encoder.dimension);
    const cube = new WhatIfCube();
    await place.clear();
    const scores = uniteScores(await sidesOf(runs, place.staging), isMixAllowed);
    const provenance = { scores };
    for (const run of runs) await addRun(run, place.staging, { counts, sums, cube });
    const buckets = summarize(sums, head?.linear);
    const meanCheck = head?.linear ? checkMeans(buckets) : undefined;
    const folder = new RunFolder(place.files);
    await writeBuckets(folder, buckets, provenance);
    await writeWhatIf(folder.whatIf, cube);
    const description = describe(runs, { counts, meanCheck, provenance });
    await writeFileAtomic(folder.mergeRecord, `${JSON.stringify(description, null, 2)}\n`);
    await place.publish(await listRunFiles(output), basename(folder.mergeRecord));
    return { runs: runs.map(({ folder: { path } }) => path), counts, buckets, meanCheck, provenance };
  } finally {
    await place.release();
  }
}

interface OpenRun {
  readonly folder: RunFolder;
  readonly record: RunRecord;
}

async function openRun(path: string): Promise<OpenRun> {
  const folder = new RunFolder(path);
  await refuseUnfinished([path]);
  const record = await readRunRecord(folder.runRecord);
  if (!record) throw refused(`${path} is no run folder: it has no run.json.`);
  return { folder, record };
}

/** An earlier merge is replaced; anything else in the way is somebody's. */
function refuseForeign(output: string): void {
  if (isEmptyPlace(output) || existsSync(new RunFolder(output).mergeRecord)) return;
  throw new BowerbirdError(
    'BB_OUTPUT_FOLDER',
    `${output} exists and is no earlier merge. Choose another ${FLAG}.`,
    { fields: { path: output } },
  );
}

function refuseWithin(runs: readonly OpenRun[], output: string): void {
  const run = runs.find(({ folder }) => realpathSync(folder.path) === output);
  if (run) throw refused(`${run.folder.path} is one of the runs. Choose another ${FLAG}.`);
}

function refuseMisfits(runs: readonly OpenRun[]): void {
  const [first] = runs;
  const seen = new Map<string, string>();
  for (const { folder, record } of runs) {
    for (const [what, was, is, words = [was, is]] of comparisons(first!.record, record)) {
      if (was === is) continue;
      throw refused(
        `${first!.folder.path} and ${folder.path} have different ${what}: ${words.join(' and ')}. Means of such embeddings ` +
          'or scores together say nothing. Without --output-folder, and with --mixed-provenance, their rows are counted together.',
      );
    }
    for (const { path, fingerprint } of record.inputs) {
      const other = seen.get(fingerprint);
      if (other)
        throw refused(`${other} and ${folder.path} both hold the rows of ${path}: they would count twice.`);
    }
    for (const { fingerprint } of record.inputs) seen.set(fingerprint, folder.path);
  }
}

/** What is compared, its two values, and these for a person where they do not tell it themselves. */
type Comparison = readonly [what: string, was: unknown, is: unknown, words?: readonly string[]];

function comparisons(first: RunRecord, record: RunRecord): Comparison[] {
  const headOf = ({ heads, columns }: RunRecord): string =>
    heads['aesthetic']?.digest ?? `the column ${columns['aesthetic'] ?? '(none)'}`;
  const [a, b] = [first.heads['aesthetic'], record.heads['aesthetic']];
  const areSame = a && b && isSameHead(a, b);
  return [
    ['encoders', first.encoder.digest, record.encoder.digest, [first, record].map(encoderWords)],
    ['dimensions', first.encoder.dimension, record.encoder.dimension],
    ['aesthetic heads', headOf(first), areSame ? headOf(first) : headOf(record)],
    ['transforms', first.settings['transform'], record.settings['transform']],
  ];
}

/** The same weights have another digest in another number format, and with other operators. */
function encoderWords({ encoder: { name, digest }, settings }: RunRecord): string {
  const flags = ['dtype', 'operators'].flatMap((flag) =>
    typeof settings[flag] === 'string' ? [`--${flag} ${settings[flag]}`] : [],
  );
  return `${quote(name)} (${[`sha256 ${digest}`, ...flags].join(', ')})`;
}

/** The runs by where their scores come from; a shard that is missing is told later. */
async function sidesOf(runs: readonly OpenRun[], spillFolder: string): Promise<ScoreSide[]> {
  const sides: ScoreSide[] = [];
  for (const { folder, record } of runs) {
    const tags = Array.from({ length: record.shards }, (_, id) => folder.tags(id));
    const there = tags.filter((path) => existsSync(path));
    const { scores } = await readRunProvenance(there, spillFolder);
    sides.push({ path: folder.path, scores });
  }
  return sides;
}

function refused(message: string): BowerbirdError {
  return new BowerbirdError('BB_MERGE_REFUSED', message);
}

async function findHead(
  { encoder, heads }: RunRecord,
  headFile: string | undefined,
): Promise<Head | undefined> {
  const wanted = heads['aesthetic'];
  // A mean embedding has no pixels that an image model could be asked about.
  if (!wanted || wanted.takes === 'pixels') return undefined;
  const path =
    headFile ?? (encoder.name === 'builtin' ? (await resolveEncoder('builtin')).headPath : undefined);
  if (!path) return undefined;
  const head = await loadHead(path, { tag: 'aesthetic' });
  if (isSameHead(head, wanted)) return head;
  if (!headFile) return undefined;
  throw new BowerbirdError(
    'BB_HEAD_MISMATCH',
    `${headFile} is not the head of these runs (${wanted.name}, digest ${wanted.digest}): its digest is ${head.digest}.`,
    { fields: { path: headFile } },
  );
}

interface Sums {
  readonly counts: RowCounts;
  readonly sums: BucketSums;
  readonly cube: WhatIfCube;
}

/** @param spillFolder where DuckDB spills: the runs themselves are only read */
async function addRun(
  { folder, record }: OpenRun,
  spillFolder: string,
  { counts, sums, cube }: Sums,
): Promise<void> {
  const own = emptyCounts();
  for (let id = 0; id < record.shards; id++) {
    const stats = await readFinishedShard(folder.stats(id), id);
    if (!stats)
      throw refused(
        `${folder.path} is not finished: shard ${id} of ${record.shards} is missing. Run it to its end first.`,
      );
    addCounts(own, stats);
    sums.merge(decodePartials(await readShardFile(folder.partials(id), stats)));
  }
  addCounts(counts, own);
  cube.merge(await cubeOf({ folder, record }, spillFolder, own));
}

/** The stored cube where it is this run's as it is now; runs of earlier versions have none. */
async function cubeOf(
  { folder, record }: OpenRun,
  spillFolder: string,
  counts: RowCounts,
): Promise<WhatIfCube> {
  const stored = record.state === 'done' ? await readWhatIf(folder.whatIf) : undefined;
  if (stored?.rows === counts.successes) return stored;
  const tags = Array.from({ length: record.shards }, (_, id) => folder.tags(id));
  return (await countTags(tags, spillFolder, counts)).cube;
}

function describe(
  runs: readonly OpenRun[],
  { counts, meanCheck, provenance }: Pick<MergedRuns, 'counts' | 'meanCheck' | 'provenance'>,
): unknown {
  const { encoder, heads } = runs[0]!.record;
  return {
    format: 'bowerbird-merged-runs',
    version: 1,
    bowerbird_version: packageVersion,
    runs: runs.map(({ folder, record }) => ({
      path: folder.path,
      rows: record.rows,
      shards: record.shards,
      inputs: record.inputs.map(({ path, fingerprint }) => ({ path, fingerprint })),
    })),
    encoder: { name: encoder.name, digest: encoder.digest, dimension: encoder.dimension },
    aesthetic_head: heads['aesthetic'] ?? null,
    ...counts,
    mean_check: meanCheck ?? null,
    provenance: provenanceJson(provenance),
  };
}
