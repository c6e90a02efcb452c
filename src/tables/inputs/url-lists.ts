import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { type InputFormat, inferFormat } from '../formats.ts';
import { KNOWN_NAMES } from '../parts.ts';
import { KNOWN_IMAGE_NAMES } from '../pictures/image-column.ts';
import { unpackedBytes } from './bytes.ts';

/** What is looked at of a text: a list shows what it is in its first lines. */
export const HEAD_BYTES: number = 256 * 1024;

const COLUMNS: readonly string[] = [...KNOWN_NAMES.url, ...KNOWN_IMAGE_NAMES].map((name) =>
  name.toLowerCase(),
);

/**
 * Whether a file beside images may be meant as a list of its own: a `.txt` of which half of the lines are URLs, CSV and JSON in which one stands, Parquet with
 * a column that is known to hold URLs or images. A README, a licence or a table of labels is none. What cannot be read may be anything.
 */
export async function mayBeList(path: string): Promise<boolean> {
  try {
    const format = inferFormat(path);
    if (format === 'parquet') return await hasKnownColumn(path);
    return holdsUrls(format, await headOf(path));
  } catch {
    return true;
  }
}

/** The same of the first bytes of a text that is not packed. */
export function mayBeListOf(format: InputFormat | undefined, head: Buffer): boolean {
  return holdsUrls(format, asText(head));
}

function holdsUrls(format: InputFormat | undefined, text: string): boolean {
  return format === 'txt' ? areMostlyUrls(text) : /\bhttps?:\/\//i.test(text);
}

async function hasKnownColumn(path: string): Promise<boolean> {
  const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(path));
  return schema.slice(1).some(({ name }) => COLUMNS.includes(name.toLowerCase()));
}

async function headOf(path: string): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of unpackedBytes(path)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= HEAD_BYTES) break;
  }
  return asText(Buffer.concat(pieces));
}

/** Without the zero bytes of UTF-16. */
function asText(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll('\0', '');
}

function areMostlyUrls(text: string): boolean {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const urls = lines.filter((line) => /^[^\w"']*["']?https?:\/\/\S+\s*$/i.test(line));
  return urls.length > 0 && urls.length * 2 >= lines.length;
}
