import { createHash } from 'node:crypto';
import type { JsonObject } from '../base/json-object.ts';
import type { InputIdentity } from '../samples/input-identity.ts';
import { isTag, type Tag } from '../samples/tags.ts';
import type { BlockLayout, Precision } from './layout.ts';

export type { Precision } from './layout.ts';

/** The folder name of a version; its number is exact in a double. */
export const VERSION_NAME: RegExp = /^v\d{4,15}$/;

export const STORE_FORMAT = 'bowerbird-store';
export const STORE_FORMAT_VERSION = 1;

/** An older version that a delta lies on. */
export interface BaseVersion {
  readonly version: string;
  /** Its `checksum`. */
  readonly checksum: string;
}

/** What a version of a store says of itself: its meta entry, and with the sizes of its files `meta.json`. */
export interface StoreMeta {
  readonly format: typeof STORE_FORMAT;
  readonly formatVersion: number;
  readonly columns: readonly Tag[];
  readonly precision: Precision;
  readonly entries: number;
  readonly blocks: number;
  readonly slotBits: number;
  readonly lowBits: number;
  /** How many entries there would be if all of the hash space were as full as the parts in use. */
  readonly density: number;
  /** sha256 (hex) over all blocks in order, each as first slot, length (uint32 little-endian) and bytes. */
  readonly checksum: string;
  readonly rows: { readonly read: number; readonly withoutScore: number; readonly duplicates: number };
  /** The versions below this one, oldest first: none for a whole build. */
  readonly base: readonly BaseVersion[];
  /** Entries that a version below has too; theirs are hidden. */
  readonly replaced: number;
  /** The input files of the build. */
  readonly sources: readonly InputIdentity[];
  /** Where its own scores come from, as `provenanceJson` has it; versions of before it was kept do not say. */
  readonly provenance?: JsonObject;
  readonly toolVersion: string;
  readonly createdAt: string;
}

/** `meta.json`. */
export interface StoreMetaFile extends StoreMeta {
  readonly dataBytes: number;
}

/** The meta entry as it lies in the data file: JSON, all but the size of that file. */
export function metaText(meta: StoreMeta | StoreMetaFile): string {
  return JSON.stringify({ ...meta, dataBytes: undefined });
}

/** Tells this build of a version from any other: sha256 (hex) of its meta entry. */
export function digestOf(meta: StoreMeta): string {
  return createHash('sha256').update(metaText(meta)).digest('hex');
}

export function layoutOf(meta: StoreMeta): BlockLayout {
  const { slotBits, lowBits, precision } = meta;
  return { slotBits, lowBits, columnCount: meta.columns.length, precision };
}

/** Whether a parsed `meta.json` can be what a build wrote. */
export function isMetaFile(content: unknown): content is StoreMetaFile {
  if (typeof content !== 'object' || content === null) return false;
  const meta = content as Partial<StoreMetaFile>;
  return (
    meta.format === STORE_FORMAT &&
    typeof meta.formatVersion === 'number' &&
    (meta.precision === 'float16' || meta.precision === 'float32') &&
    Array.isArray(meta.columns) &&
    meta.columns.length > 0 &&
    meta.columns.every(isTag) &&
    [meta.entries, meta.blocks, meta.slotBits, meta.lowBits, meta.replaced, meta.dataBytes].every(
      (count) => Number.isSafeInteger(count) && count! >= 0,
    ) &&
    meta.blocks! <= meta.dataBytes! &&
    meta.slotBits! < 32 &&
    meta.lowBits! <= 64 - meta.slotBits! &&
    typeof meta.checksum === 'string' &&
    Array.isArray(meta.base) &&
    meta.base.every((base) => VERSION_NAME.test(base?.version) && typeof base.checksum === 'string')
  );
}
