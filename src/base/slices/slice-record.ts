import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../json-object.ts';
import { packageVersion } from '../package.ts';
import type { SliceOf } from './slice.ts';

/** The file that makes a folder a slice. */
export const SLICE_FILE = 'slice.json';

/** The commands that can be sliced. */
export type SliceKind = 'buckets' | 'store' | 'subset';

/** What all slices of one piece of work have in common. */
export interface SliceBasis {
  readonly kind: SliceKind;
  /** The inputs of all slices together, by what each is known by, in their order. */
  readonly inputs: readonly unknown[];
  /** What decides the result, by the names of flags. */
  readonly settings: JsonObject;
}

/** A file of a slice. */
export interface SliceFile {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** The content of slice.json (schemas/slice.schema.json). */
export interface SliceRecord<Content> extends SliceOf {
  readonly format: 'bowerbird-slice';
  readonly version: 1;
  readonly kind: SliceKind;
  readonly toolVersion: string;
  readonly inputs: {
    readonly count: number;
    /** sha256 (hex) of what they are known by. */
    readonly digest: string;
  };
  readonly settings: JsonObject;
  readonly files: Readonly<Record<string, SliceFile>>;
  /** What the command keeps: of its own shape. */
  readonly content: Content;
}

/** @param files of the slice's folder, by their names */
export function sliceRecord<Content>(
  { index, count }: SliceOf,
  { kind, inputs, settings }: SliceBasis,
  files: Readonly<Record<string, SliceFile>>,
  content: Content,
): SliceRecord<Content> {
  const digest = createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
  return {
    format: 'bowerbird-slice',
    version: 1,
    kind,
    toolVersion: packageVersion,
    index,
    count,
    inputs: { count: inputs.length, digest },
    settings,
    files,
    content,
  };
}

/** Whether a JSON value is what `sliceRecord` gives; of the content only that there is some. */
export function isSliceRecord(value: unknown): value is SliceRecord<JsonObject> {
  if (!isObject(value) || value['format'] !== 'bowerbird-slice' || value['version'] !== 1) return false;
  const { index, count, inputs, files } = value;
  return (
    ['buckets', 'store', 'subset'].includes(value['kind'] as string) &&
    typeof value['toolVersion'] === 'string' &&
    Number.isInteger(index) &&
    Number.isInteger(count) &&
    (index as number) >= 0 &&
    (index as number) < (count as number) &&
    isObject(inputs) &&
    typeof inputs['digest'] === 'string' &&
    isObject(value['settings']) &&
    isObject(files) &&
    Object.entries(files).every(([name, file]) => isPlainName(name) && isFile(file)) &&
    isObject(value['content'])
  );
}

/** A file of the folder itself, and none elsewhere. */
function isPlainName(name: string): boolean {
  return /^[a-z][a-z0-9-]*\.[a-z]+$/.test(name);
}

function isFile(value: unknown): boolean {
  return (
    isObject(value) &&
    Number.isSafeInteger(value['bytes']) &&
    typeof value['sha256'] === 'string' &&
    /^[0-9a-f]{64}$/.test(value['sha256'])
  );
}
