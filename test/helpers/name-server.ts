import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

/** RFC 1035, 4.1.1: response codes. */
const SERVFAIL = 2;
const NXDOMAIN = 3;

const TYPE_A = 1;
const TYPE_AAAA = 28;

export interface NameServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** Questions asked so far, such as `A example.test`. */
  readonly questions: readonly string[];
  close(): Promise<void>;
}

/**
 * A name server on loopback (RFC 1035 over UDP). The first label decides: `nx` does not exist, `broken` fails,
 * `silent` is never answered, `six` has an IPv6 address only, `many` has six addresses; all else has 127.0.0.1.
 *
 * @param ttlS of every answer, in seconds
 */
export async function startNameServer(ttlS: number): Promise<NameServer> {
  const socket = createSocket('udp4');
  const questions: string[] = [];
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query);
    questions.push(`${type === TYPE_A ? 'A' : 'AAAA'} ${name}`);
    if (name.startsWith('silent')) return;
    const records = name.startsWith('nx') ? [] : addressesOf(name, type);
    const code = name.startsWith('nx') ? NXDOMAIN : name.startsWith('broken') ? SERVFAIL : 0;
    const reply = answer(query.subarray(0, end), { code, type, records, ttlS });
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    questions,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function addressesOf(name: string, type: number): Buffer[] {
  if (name.startsWith('six')) return type === TYPE_AAAA ? [Buffer.from(`${'00'.repeat(15)}01`, 'hex')] : [];
  if (type === TYPE_AAAA) return [];
  const count = name.startsWith('many') ? 6 : 1;
  return Array.from({ length: count }, (_, i) => Buffer.from([127, 0, 0, 1 + i]));
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

interface Answer {
  readonly code: number;
  readonly type: number;
  readonly records: readonly Buffer[];
  readonly ttlS: number;
}

function answer(question: Buffer, { code, type, records, ttlS }: Answer): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  const answers = records.map((data) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(ttlS, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, ...answers]);
}
