import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../base/errors.ts';
import { fromFloat16Bits } from '../base/float16.ts';
import { unreadable } from '../tables/errors.ts';
import { localPath } from '../tables/remote/remote-files.ts';
import { UNIT_NORM_TOLERANCE } from './block-scorer.ts';
import { BYTES_PER_VALUE, type NpyLayout } from './npy-header.ts';

/** What some rows, evenly spread over a file of embeddings, say of it. */
export interface RowSample {
  /** sha256 (hex) over the file's layout and these rows. */
  readonly fingerprint: string;
  /** Rows that have a length. */
  readonly measured: number;
  /** Those of them that are not of length 1. */
  readonly notUnit: number;
  /** The length of the first such row. */
  readonly firstLength: number | undefined;
}

const SAMPLED_ROWS = 32;

/** Reads a few rows of a .npy file. @throws TableError BB_INPUT_UNREADABLE */
export function sampleRows(path: string, layout: NpyLayout): RowSample {
  const { type, rowCount, dimension, dataOffset, sizeBytes } = layout;
  const hash = createHash('sha256').update(`${type} ${rowCount} ${dimension} ${sizeBytes}\n`);
  const row = Buffer.alloc(dimension * BYTES_PER_VALUE[type]);
  const lengths: number[] = [];
  let file: number | undefined;
  try {
    file = openSync(localPath(path), 'r');
    for (const index of spreadOver(rowCount)) {
      const read = readSync(file, row, 0, row.length, dataOffset + index * row.length);
      if (read !== row.length) throw new RangeError('it has become shorter');
      hash.update(row);
      lengths.push(lengthOf(Uint8Array.from(row), type));
    }
  } catch (thrown) {
    throw unreadable(path, messageOf(thrown), thrown);
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return { fingerprint: hash.digest('hex'), ...describeLengths(lengths) };
}

/** Where the rows lie that are read. */
export function rowRanges({
  type,
  rowCount,
  dimension,
  dataOffset,
}: NpyLayout): { from: number; bytes: number }[] {
  const bytes = dimension * BYTES_PER_VALUE[type];
  return spreadOver(rowCount).map((index) => ({ from: dataOffset + index * bytes, bytes }));
}

/** The same of rows that were read. */
export function measureRows(rows: readonly Float32Array[]): Omit<RowSample, 'fingerprint'> {
  return describeLengths(rows.map((row) => Math.hypot(...row)));
}

function describeLengths(lengths: readonly number[]): Omit<RowSample, 'fingerprint'> {
  const measured = lengths.filter((length) => Number.isFinite(length) && length > 0);
  const notUnit = measured.filter((length) => Math.abs(length - 1) > UNIT_NORM_TOLERANCE);
  return { measured: measured.length, notUnit: notUnit.length, firstLength: notUnit[0] };
}

function spreadOver(rowCount: number): number[] {
  const count = Math.min(SAMPLED_ROWS, rowCount);
  return Array.from({ length: count }, (_, i) => Math.floor((i * rowCount) / count));
}

function lengthOf({ buffer }: Uint8Array<ArrayBuffer>, type: NpyLayout['type']): number {
  const values = type === 'float16' ? fromFloat16Bits(new Uint16Array(buffer)) : new Float32Array(buffer);
  return Math.hypot(...values);
}
