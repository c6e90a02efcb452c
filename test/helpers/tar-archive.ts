/** A member of an archive that a test builds block by block, so that it may be anything. */
export interface BuiltMember {
  readonly name: string;
  readonly content?: Buffer | string;
  /** The type flag; '0', a plain file, where not given. */
  readonly type?: string;
  /** What the header says of the size, where that is not the content's. */
  readonly statedBytes?: number;
}

const BLOCK_BYTES = 512;

/** The blocks of one member: header, content, padding. */
export function memberBlocks({ name, content = '', type = '0', statedBytes }: BuiltMember): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name.slice(0, 100), 0);
  header.write('0000644\0', 100);
  header.write(`${(statedBytes ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(type, 156);
  header.write('ustar\u000000', 257);
  writeChecksum(header);
  return Buffer.concat([header, bytes, padding(bytes.length)]);
}

/** Writes the sum of a header's bytes where it belongs. */
export function writeChecksum(header: Buffer): void {
  header.write('        ', 148);
  const sum = header.subarray(0, BLOCK_BYTES).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

/** An extended header (PAX) with these fields, for the member behind it. */
export function paxBlocks(fields: Readonly<Record<string, string>>): Buffer {
  const records = Object.entries(fields).map(([key, value]) => paxRecord(key, value));
  return memberBlocks({ name: 'PaxHeader/x', content: records.join(''), type: 'x' });
}

/** GNU's long name, for the member behind it. */
export function longNameBlocks(name: string): Buffer {
  return memberBlocks({ name: '././@LongLink', content: `${name}\0`, type: 'L' });
}

/** A whole archive, its end mark included. */
export function tarOf(members: readonly (BuiltMember | Buffer)[]): Buffer {
  const blocks = members.map((member) => (Buffer.isBuffer(member) ? member : memberBlocks(member)));
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}

/** `LENGTH key=value`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`);
  return `${length}${rest}`;
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}
