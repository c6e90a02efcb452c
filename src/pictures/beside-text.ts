import { isUtf8 } from 'node:buffer';

/** A text that stands beside an image. */
export interface BesideText {
  readonly text: string;
  /** How many times bytes that stand for no character were read as U+FFFD. */
  readonly replacedCount: number;
}

const MARKS = [
  { mark: Buffer.from([0xff, 0xfe]), encoding: 'utf-16le' },
  { mark: Buffer.from([0xfe, 0xff]), encoding: 'utf-16be' },
  { mark: Buffer.from([0xef, 0xbb, 0xbf]), encoding: 'utf-8' },
] as const;
const REPLACEMENT = '\uFFFD';

/** As text inputs are read: in UTF-8, or in what a byte order mark says, without the mark. */
export function decodeBeside(bytes: Buffer): BesideText {
  const found = MARKS.find(({ mark }) => bytes.subarray(0, mark.length).equals(mark));
  const content = bytes.subarray(found?.mark.length ?? 0);
  const encoding = found?.encoding ?? 'utf-8';
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(content);
  if (encoding !== 'utf-8' || isUtf8(content)) return { text, replacedCount: 0 };
  const own = content.toString('latin1').split('\xef\xbf\xbd').length - 1;
  return { text, replacedCount: text.split(REPLACEMENT).length - 1 - own };
}
