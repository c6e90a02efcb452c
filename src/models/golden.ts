import { BowerbirdError, messageOf } from '../base/errors.ts';
import { isObject } from '../base/json-object.ts';
import { readPlainText } from '../base/plain-file.ts';

/** What a model gives for the golden pictures, by its own library: stated in a manifest, or in a file of its own. */
export interface GoldenRows {
  /** The version of the pictures (docs/models.md). */
  readonly pictures: 1;
  /** A row for each picture: base64 of float32, little endian, as the library gives it. */
  readonly rows: readonly string[];
  /** What made them: "transformers 5.18.0, torch 2.13.0". */
  readonly source: string;
}

const PICTURES = 4;
const FLOAT32_BYTES = 4;

/** What is wrong with golden rows, of a model of this dimension where that is known; undefined where nothing is. */
export function goldenProblem(value: unknown, dimension?: number): string | undefined {
  if (!isObject(value)) return 'they are no JSON object';
  const { pictures, rows, source, ...rest } = value;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return `they have a field "${unknown}", which is not known`;
  if (pictures !== 1) return '"pictures" is not 1, the only version of pictures that is known';
  if (typeof source !== 'string' || source === '') return '"source" does not say what made them';
  if (!Array.isArray(rows) || rows.length !== PICTURES) return `"rows" is no list of ${PICTURES} rows`;
  const place = rows.findIndex((row) => !isRow(row, dimension));
  if (place >= 0)
    return `row ${place} is not the base64 of ${dimension ?? 'some'} finite float32 values that are not all zero`;
  return goldenValues(rows).some((value) => value !== 0) ? undefined : 'they are all zero';
}

function isRow(row: unknown, dimension: number | undefined): boolean {
  if (typeof row !== 'string') return false;
  const bytes = Buffer.from(row, 'base64');
  if (bytes.toString('base64') !== row || bytes.length % FLOAT32_BYTES !== 0) return false;
  if (dimension !== undefined && bytes.length !== dimension * FLOAT32_BYTES) return false;
  const values = goldenValues([row]);
  // A single score may be 0, as that of a regressor; a row of several values that are all 0 is none.
  const mayBeZero = values.length === 1;
  return values.every(Number.isFinite) && (mayBeZero || values.some((value) => value !== 0));
}

/** Rows of a sound statement, one after the other. */
export function goldenValues(rows: readonly string[]): Float32Array {
  const bytes = Buffer.concat(rows.map((row) => Buffer.from(row, 'base64')));
  return Float32Array.from({ length: bytes.length / FLOAT32_BYTES }, (_, i) =>
    bytes.readFloatLE(i * FLOAT32_BYTES),
  );
}

/**
 * Reads golden rows from a JSON file, as `scripts/make-golden.py` writes it.
 *
 * @throws BowerbirdError BB_MODEL_GOLDEN
 */
export async function readGolden(path: string, dimension?: number): Promise<GoldenRows> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readPlainText(path));
  } catch (thrown) {
    throw goldenError(path, `they cannot be read: ${messageOf(thrown)}`);
  }
  const problem = goldenProblem(raw, dimension);
  if (problem !== undefined) throw goldenError(path, problem);
  return raw as GoldenRows;
}

/** A refusal of golden rows. `path` is where they are, for a person. */
export function goldenError(path: string, problem: string): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_GOLDEN',
    `The golden rows ${path} cannot be used: ${problem}. Make them as docs/models.md says.`,
    { fields: { path } },
  );
}
