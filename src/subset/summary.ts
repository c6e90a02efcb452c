import { createHash } from 'node:crypto';
import type { JsonObject } from '../base/json-object.ts';
import { packageVersion } from '../base/package.ts';
import type { InputIdentity } from '../samples/input-identity.ts';
import { provenanceJson } from '../samples/provenance/provenance.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import type { SchemaColumn } from '../tables/columns.ts';
import { textOptionsKey } from '../tables/formats.ts';
import type { PlayedPart } from '../tables/played-parts.ts';
import type { Account } from './account.ts';
import { dedupText } from './dedup-options.ts';
import type { Duplicates } from './hash-join.ts';
import type { SkippedFile } from './inputs.ts';
import { hasAestheticRule, type Selection, type SubsetOptions } from './options.ts';
import type { PartFile } from './parts.ts';
import type { SubsetPlan } from './plan.ts';
import { writtenScores } from './provenance.ts';
import type { SourceFile } from './source.ts';

/** One subset of possibly several that a run made. */
export interface SubsetPart extends Account {
  readonly name: string;
  /** Within the output folder; `.` for itself. */
  readonly folder: string;
  readonly selection: Omit<Selection, 'name'>;
  readonly files: readonly PartFile[];
}

/** A tag table, and what of it could be joined. */
export interface TagTableEntry {
  readonly scores: readonly Tag[];
  readonly files: readonly InputIdentity[];
  readonly rows: number;
  readonly duplicates: Duplicates;
  /** Rows of the metadata, after status and --where, whose hash the table does not know. */
  readonly rowsWithoutTag: number;
  readonly parts: readonly PlayedPart[];
}

/** The content of subset.json. */
export interface SubsetSummary {
  readonly formatVersion: 1;
  readonly toolVersion: string;
  readonly command: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly metadata: {
    readonly files: readonly InputIdentity[];
    readonly rows: number;
    /** Null where the metadata have no hash. */
    readonly duplicates: Duplicates | null;
    /** What its columns are read for. */
    readonly parts: readonly PlayedPart[];
  };
  readonly tags: readonly TagTableEntry[];
  readonly skippedFiles: readonly SkippedFile[];
  readonly replacedColumns: readonly string[];
  readonly columns: readonly SchemaColumn[];
  /** Where the scores in its files come from: the metadata of each file say the same. */
  readonly provenance: JsonObject;
  readonly warnings: readonly string[];
  readonly subsets: readonly SubsetPart[];
}

/** The counts that a run found. */
export interface SubsetCounts {
  readonly metadataDuplicates: Duplicates | null;
  readonly tagDuplicates: readonly Duplicates[];
  readonly rowsWithoutTag: readonly number[];
}

/** The settings that make a subset what it is: not where it lies, nor how fast it was made. */
export function settingsOf(options: SubsetOptions): Record<string, unknown> {
  return {
    aesthetic: hasAestheticRule(options),
    maxPunsafe: options.maxPunsafe ?? null,
    maxPwatermark: options.maxPwatermark ?? null,
    missingTags: options.missingTags,
    where: options.where ?? null,
    deduplicate: options.deduplicate,
    ...(options.dedup && { dedup: dedupText(options.dedup) }),
    ...(options.embeddingColumn !== undefined && { embeddingColumn: options.embeddingColumn }),
    laionCompat: options.laionCompat,
    swapWidthHeight: options.swapWidthHeight,
    columns: options.columns ?? null,
    shuffleSeed: options.shuffleSeed ?? null,
    outputFiles: options.outputFiles ?? null,
    compression: options.compression,
    ...(options.text && textOptionsKey(options.text) !== '' && { text: options.text }),
  };
}

/** What each file of the metadata, and then of each tag table, is known by. */
export function identityParts(plan: SubsetPlan): unknown[][] {
  return [plan.metadata, ...plan.tables].map(({ files }) =>
    files.map(({ fingerprint, columns }) => {
      const partitions = columns.flatMap(({ name, partition }) =>
        partition === undefined ? [] : [name, partition],
      );
      return partitions.length === 0 ? fingerprint : [fingerprint, ...partitions];
    }),
  );
}

/** A digest of the inputs' content and the settings; the same for the same subset, wherever its files lie. */
export function identityOf(plan: SubsetPlan, options: SubsetOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([identityParts(plan), settingsOf(options), plan.texts ?? null]))
    .digest('hex');
}

/** What came of a plan. */
export interface SubsetOutcome {
  readonly counts: SubsetCounts;
  readonly parts: readonly SubsetPart[];
  readonly skippedFiles: readonly SkippedFile[];
  readonly warnings: readonly string[];
}

/** Writes down what was made of what. */
export function summarise(
  plan: SubsetPlan,
  options: SubsetOptions,
  { counts, parts, skippedFiles, warnings }: SubsetOutcome,
): SubsetSummary {
  return {
    formatVersion: 1,
    toolVersion: packageVersion,
    command: options.command,
    settings: settingsOf(options),
    metadata: {
      files: plan.metadata.files.map(entryOf),
      rows: rowsOf(plan.metadata.files),
      duplicates: counts.metadataDuplicates,
      parts: plan.parts.metadata,
    },
    tags: plan.tables.map((table, i) => ({
      scores: TAGS.filter((tag) => table.scores[tag] !== undefined),
      files: table.files.map(entryOf),
      rows: rowsOf(table.files),
      duplicates: counts.tagDuplicates[i]!,
      rowsWithoutTag: counts.rowsWithoutTag[i]!,
      parts: plan.parts.tags[i]!,
    })),
    skippedFiles,
    replacedColumns: plan.replaced,
    columns: plan.output.map(({ name, type }) => ({ name, type })),
    provenance: provenanceJson({ scores: writtenScores(plan, plan.provenance) }),
    warnings,
    subsets: parts,
  };
}

/** Rows of files, by their footers. */
export function rowsOf(files: readonly SourceFile[]): number {
  return files.reduce((sum, file) => sum + file.rowCount, 0);
}

function entryOf({ path, rowCount, sizeBytes, fingerprint }: SourceFile): InputIdentity {
  return { path, rowCount, sizeBytes, fingerprint };
}
