/** All heads of one answer together, interim ones too; browsers and curl take more, img2dataset's client as much. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** Honest hosts send one or two before an answer. */
export const MAX_INTERIM_ANSWERS = 32;

/** An answer that even a lenient reading makes no sense of. */
export class BrokenHeadError extends Error {
  override readonly name = 'BrokenHeadError';
}

/** Line ends are LF or CRLF; what comes before the first line and is blank does not count. */
const HEAD_END = /\n\r*\n/;
const LEADING_BLANKS = /^[\r\n]+/;
const STATUS_LINE = /^\s*HTTP\/[123](?:\.\d+)?\s+([1-9]\d\d)(?:\s.*)?$/i;
const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const CONTROLS = /(?![\u0080-\u009f\t])\p{Cc}/gu;
const LENGTH = /^\+?(\d{1,15})$/;

/** What says how the body is framed is written anew, and a connection that was spoken so over is not used again. */
const FRAMING: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'trailer',
]);

/** A head, mended, and what came after it. */
export interface MendedHead {
  readonly status: number;
  readonly bytes: Buffer;
  readonly rest: Buffer;
}

type Field = readonly [name: string, value: string];

/**
 * Writes the head of an answer anew so that a strict parser takes it, where browsers, curl and urllib would: bare LF,
 * folded lines, lines that are no header (passed over), blanks before the colon, control characters, versions 1.2 or 2,
 * unsolicited interim answers, the same Content-Length twice or with a plus, Transfer-Encoding `identity`, and a
 * Content-Length beside chunks, which say the length themselves (RFC 9112, 6.3). Lengths that differ are refused.
 */
export class HeadMender {
  #bytes: Buffer = Buffer.alloc(0);

  /**
   * Takes the next bytes of the connection. Gives the mended head, once it is whole.
   *
   * @throws BrokenHeadError
   */
  take(chunk: Buffer): MendedHead | undefined {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const text = this.#bytes.toString('latin1');
    let start = 0;
    for (let interimAnswers = 0; ; interimAnswers++) {
      if (interimAnswers > MAX_INTERIM_ANSWERS) throw new BrokenHeadError('interim answers without an end');
      const from = start + (LEADING_BLANKS.exec(text.slice(start))?.[0].length ?? 0);
      if (!isBeginning(text.slice(from))) throw new BrokenHeadError('another protocol');
      const end = HEAD_END.exec(text.slice(from, MAX_HEAD_BYTES));
      if (!end && this.#bytes.length >= MAX_HEAD_BYTES) throw new BrokenHeadError('the head is too long');
      if (!end) return undefined;
      const mended = mendHead(text.slice(from, from + end.index));
      start = from + end.index + end[0].length;
      if (mended) return { ...mended, rest: this.#bytes.subarray(start) };
    }
  }
}

/** Whether this may become a status line: what is no HTTP at all is not waited for. */
function isBeginning(text: string): boolean {
  return 'HTTP/'.startsWith(text.trimStart().slice(0, 5).toUpperCase());
}

/** One head, mended; undefined for an interim one. */
function mendHead(text: string): Omit<MendedHead, 'rest'> | undefined {
  const [first = '', ...lines] = text.split(/\r*\n/);
  const status = STATUS_LINE.exec(first.trimEnd())?.[1];
  if (status === undefined || status === '101') throw new BrokenHeadError('no status line');
  if (status.startsWith('1')) return undefined;
  const fields = fieldsOf(lines);
  const kept = fields.filter(([name]) => !FRAMING.has(name.toLowerCase()));
  const written = [...kept, ...framingOf(fields), ['Connection', 'close'] as const];
  const mended = `HTTP/1.1 ${status} \r\n${written.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return { status: Number(status), bytes: Buffer.from(mended, 'latin1') };
}

function fieldsOf(lines: readonly string[]): Field[] {
  const unfolded: string[] = [];
  for (const line of lines) {
    if (/^[ \t]/.test(line) && unfolded.length > 0) unfolded.push(`${unfolded.pop()} ${line.trim()}`);
    else unfolded.push(line);
  }
  return unfolded.flatMap((line): Field[] => {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    return FIELD_NAME.test(name)
      ? [
          [
            name,
            line
              .slice(colon + 1)
              .replace(CONTROLS, ' ')
              .trim(),
          ],
        ]
      : [];
  });
}

/** Chunks go before a length (RFC 9112, 6.3); without either the body ends with the connection. */
function framingOf(fields: readonly Field[]): Field[] {
  const codings = valuesOf(fields, 'transfer-encoding').filter((coding) => coding !== 'identity');
  if (codings.some((coding) => coding !== 'chunked')) throw new BrokenHeadError('an unknown transfer coding');
  if (codings.length > 0) return [['Transfer-Encoding', 'chunked']];
  const lengths = new Set(valuesOf(fields, 'content-length').map((value) => LENGTH.exec(value)?.[1]));
  const [length] = lengths;
  if (lengths.size === 0) return [];
  if (lengths.size > 1 || length === undefined) throw new BrokenHeadError('lengths that cannot be trusted');
  return [['Content-Length', length]];
}

/** All values of a header that is a list. */
function valuesOf(fields: readonly Field[], wanted: string): string[] {
  return fields
    .filter(([name]) => name.toLowerCase() === wanted)
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}
