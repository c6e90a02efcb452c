import { readFileSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';
import { isTag, type Tag } from '../samples/tags.ts';
import { denied, isDenied, StoreError } from './errors.ts';
import { type KvFormat, kvRecordBytes, kvValueFormat, parseKvFormat } from './static-kv.ts';

const FORMAT = 'static-ondisk-kv';

/** What a static-ondisk-kv file cannot say of itself; `store export` writes it beside the file. */
export interface KvSidecar {
  readonly format: KvFormat;
  /** The names of the scores, in the order of the records. */
  readonly columns: readonly Tag[];
  readonly records: number;
  /** Of the whole file, in hex. */
  readonly sha256: string;
}

/** The order of scores in an export where none is asked for: that of LAION's file, `pwatermark` before `punsafe`. */
export const KV_COLUMN_ORDER: readonly Tag[] = ['aesthetic', 'pwatermark', 'punsafe'];

export function sidecarPath(path: string): string {
  return `${path}.json`;
}

export function sidecarText({ format, columns, records, sha256 }: KvSidecar): string {
  const content = {
    format: FORMAT,
    formatVersion: 1,
    keyFormat: 'q',
    valueFormat: kvValueFormat(format),
    columns,
    records,
    sizeBytes: records * kvRecordBytes(format),
    sha256,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * Reads what lies beside a file; undefined where there is nothing.
 *
 * @throws StoreError BB_INPUT_FORMAT where it is something else, or damaged; BB_STORE_ACCESS
 */
export function readSidecar(path: string): KvSidecar | undefined {
  const beside = sidecarPath(path);
  let text: string;
  try {
    text = readFileSync(beside, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    if (isDenied(cause)) throw denied(beside, 'read', cause);
    throw noSidecar(path, cause);
  }
  const sidecar = parse(text);
  if (!sidecar) throw noSidecar(path, undefined);
  return sidecar;
}

function parse(text: string): KvSidecar | undefined {
  let content: Record<string, unknown> | null;
  try {
    content = JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  const columns = content?.['columns'];
  const format = parseKvFormat(`${content?.['keyFormat']}+${content?.['valueFormat']}`);
  if (!content || !format || content['format'] !== FORMAT || content['formatVersion'] !== 1) return undefined;
  if (!isColumns(columns) || columns.length !== format.columnCount) return undefined;
  const { records, sha256 } = content as { records: number; sha256: string };
  const sidecar: KvSidecar = { format, columns, records, sha256 };
  // All that it says is written again: no byte of it is other than expected.
  return sidecarText(sidecar) === `${JSON.stringify(content, null, 2)}\n` && isDigest(sha256)
    ? sidecar
    : undefined;
}

function isColumns(value: unknown): value is Tag[] {
  return Array.isArray(value) && value.every(isTag) && new Set(value).size === value.length;
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function noSidecar(path: string, cause: unknown): StoreError {
  const beside = sidecarPath(path);
  return new StoreError(
    'BB_INPUT_FORMAT',
    `${beside} should say which scores ${path} holds, but it is not as \`store export\` wrote it. ` +
      'Export the file again, or move that one away and state --kv-format and --kv-columns.',
    { ...(cause !== undefined && { cause }), fields: { path: beside } },
  );
}
