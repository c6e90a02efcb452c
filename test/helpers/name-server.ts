import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Answer, decode, encode, type Question, RECURSION_DESIRED } from 'dns-packet';

/** RFC 1035, 4.1.1, and the flags of an answer: QR, RD, RA, and TC for one that was cut. */
const RESPONSE_CODES = { nx: 3, danglingnx: 3, broken: 2, brokenheld: 2, refused: 5 } as const;
const IS_MISSING = /^(nx|empty|dangling)/;
const FLAGS = RECURSION_DESIRED | 0x80;
const TRUNCATED = 0x200;

export interface NameServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** Questions asked so far, such as `A example.test`; over TCP `A example.test tcp`. */
  readonly questions: readonly string[];
  /** Answers all that waits under `held`, once, the first question of it first. */
  letGo(): void;
  close(): Promise<void>;
}

export interface NameServerOptions {
  /** Of every record, in seconds. */
  readonly ttlS: number;
  /** Of an SOA in what does not exist; none where not given. */
  readonly negativeTtlS?: number;
  /** Says what a name's first label would say, for every name. */
  readonly always?: string;
  /** Says for a name what another one's first label would say. */
  readonly kinds?: Readonly<Record<string, string>>;
  /** Where to listen; 127.0.0.1 where not given. */
  readonly address?: string;
}

/**
 * A name server on loopback (RFC 1035 over UDP and TCP). The first label decides, up to a hyphen:
 *
 * - `nx` does not exist; `empty` exists without a record; `broken` and `refused` fail
 * - `mending` fails twice; `fourbroken` fails for A and has an IPv6 address
 * - `six` has an IPv6 address only, `both` have both, `many` has six addresses, `crowd` has 100 (over TCP)
 * - `sixheld` and `fourheld` have both, and are answered for the one of that name when told
 * - `sixnx` has an IPv4 address, and for AAAA it does not exist; `sixbroken` has none, and fails for AAAA
 * - `chain` is an alias of an alias of an address; `dangling` of nothing, `danglingnx` of a name that does not exist
 * - `loop` is an alias of an alias of itself, `selfish` of itself
 * - `to` is an alias of what its name says after it, and no more is told: `to-nx.test` of `nx.test`, `to-to-ok.test` of that
 * - `toheld` is an alias of `silent`, and is answered when told
 * - `ring` is an alias of `ringb` in its zone and that of `ring`, one told per answer
 * - `aliases16` is the first of 16 aliases of an address, all in one answer, `aliases17` of 17
 * - `cut` is cut over UDP and whole over TCP, `cuthangup` is hung up on over TCP, `cutgarbage` is garbage there
 * - `garbage` is no message, `wrongid` has another's id, `othername` answers another question: each before the right one
 * - `onlygarbage` is no message and nothing after it; `silent` is never answered; `second` the second time
 * - `held` is answered when told, and `brokenheld` fails then
 *
 * - `at9` has 127.0.0.9, `at9at8` has 127.0.0.8 too
 *
 * All else has 127.0.0.1.
 */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  const address = options.address ?? '127.0.0.1';
  const questions: string[] = [];
  const held: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const answer = (query: Buffer, way: Way): void => {
    const question = decode(query).questions![0]!;
    questions.push(`${question.type} ${question.name}${way.isTcp ? ' tcp' : ''}`);
    const count = questions.filter((asked) => asked.endsWith(question.name)).length;
    const isFirst = count === 1;
    const kind = kindOf(
      options.always ?? options.kinds?.[question.name] ?? question.name.split(/[.-]/, 1)[0]!,
      question,
      count,
    );
    const send = (): void => replies(kind, { query, question, isFirst, options, way }).forEach(way.send);
    if (kind.endsWith('held')) held.push(send);
    else send();
  };
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) =>
      answer(data.subarray(2), { isTcp: true, send: (reply) => sendOverTcp(socket, reply) }),
    );
  });
  const udp = await listen(tcp, address);
  udp.on('message', (query, from) =>
    answer(query, { isTcp: false, send: (reply) => udp.send(reply, from.port, from.address) }),
  );
  return {
    address: `${address}:${udp.address().port}`,
    questions,
    letGo: () => {
      for (const send of held.splice(0)) send();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };
}

/** Listens at one port over TCP and UDP; where somebody else has the one that TCP was given for UDP, at another. */
async function listen(tcp: Server, address: string): Promise<UdpSocket> {
  for (;;) {
    await once(tcp.listen(0, address), 'listening');
    const udp = createSocket('udp4');
    udp.bind((tcp.address() as AddressInfo).port, address);
    const isBound = await once(udp, 'listening').then(
      () => true,
      () => false,
    );
    if (isBound) return udp;
    udp.close();
    await once(tcp.close(), 'close');
  }
}

/** What some kinds are, by question. */
function kindOf(kind: string, { type }: Question, count: number): string {
  if (kind === 'mending') return count <= 2 ? 'broken' : 'ok';
  if (kind === 'fourbroken') return type === 'A' ? 'broken' : 'six';
  if (kind === 'sixbroken') return type === 'A' ? 'empty' : 'broken';
  if (kind === 'sixnx') return type === 'A' ? 'ok' : 'nx';
  if (kind === 'sixheld') return type === 'A' ? 'both' : 'bothheld';
  if (kind === 'fourheld') return type === 'A' ? 'bothheld' : 'both';
  return kind;
}

interface Way {
  readonly isTcp: boolean;
  readonly send: (reply: Buffer) => void;
}

interface Asked {
  readonly query: Buffer;
  readonly question: Question;
  readonly isFirst: boolean;
  readonly options: NameServerOptions;
  readonly way: Way;
}

/** In two pieces, as it may come. A reply of nothing hangs up. */
function sendOverTcp(socket: Socket, reply: Buffer): void {
  if (reply.length === 0) {
    socket.destroy();
    return;
  }
  const length = Buffer.alloc(2);
  length.writeUInt16BE(reply.length);
  socket.setNoDelay().write(Buffer.concat([length, reply.subarray(0, 5)]));
  setImmediate(() => socket.write(reply.subarray(5)));
}

const GARBAGE = Buffer.from('no message of the domain name system');

function replies(kind: string, asked: Asked): Buffer[] {
  const { query, question, isFirst, way } = asked;
  const right = reply(kind, asked);
  const garbage = Buffer.concat([query.subarray(0, 2), GARBAGE]);
  switch (kind) {
    case 'silent':
      return [];
    case 'second':
      return isFirst ? [] : [right];
    case 'onlygarbage':
      return [garbage, Buffer.from('x'), Buffer.alloc(0)];
    case 'garbage':
      return [garbage, query, right];
    case 'wrongid':
      return [Buffer.concat([Buffer.from([query[0]! ^ 1]), reply('evil', asked).subarray(1)]), right];
    case 'othername':
      return [reply('evil', { ...asked, question: { ...question, name: 'other.test' } }), right];
    case 'cuthangup':
      return way.isTcp ? [Buffer.alloc(0)] : [right];
    case 'cutgarbage':
      return way.isTcp ? [garbage] : [right];
    default:
      return [right];
  }
}

function reply(kind: string, { query, question, options, way }: Asked): Buffer {
  const code = RESPONSE_CODES[kind as keyof typeof RESPONSE_CODES] ?? 0;
  const isCut = /^(cut|crowd)/.test(kind) && !way.isTcp;
  const answers = isCut ? [] : records(kind, question, options.ttlS);
  const { negativeTtlS } = options;
  return encode({
    type: 'response',
    id: query.readUInt16BE(0),
    flags: FLAGS | code | (isCut ? TRUNCATED : 0),
    questions: [question],
    answers,
    authorities: negativeTtlS === undefined || !IS_MISSING.test(kind) ? [] : [soa(negativeTtlS)],
  });
}

/** The record's own time is longer than the one it gives for what is not there. */
function soa(minimum: number): Answer {
  const data = { mname: 'ns.test', rname: 'root.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum };
  return { type: 'SOA', name: 'test', ttl: 86_400, data };
}

function records(kind: string, { name, type }: Question, ttl: number): Answer[] {
  const alias = (owner: string, data: string): Answer => ({ type: 'CNAME', name: owner, data, ttl });
  const four = (owner: string, ...data: string[]): Answer[] =>
    type === 'A' ? data.map((address) => ({ type: 'A', name: owner, data: address, ttl })) : [];
  const six = (...data: string[]): Answer[] =>
    type === 'AAAA' ? data.map((address) => ({ type: 'AAAA', name, data: address, ttl })) : [];
  switch (kind) {
    case 'nx':
    case 'empty':
    case 'broken':
    case 'brokenheld':
    case 'refused':
      return [];
    case 'evil':
      return four(name, '127.6.6.6');
    case 'six':
      return six('::1');
    case 'both':
    case 'bothheld':
      return [...four(name, '127.0.0.1', '127.0.0.2'), ...six('::1')];
    case 'many':
      return four(name, ...Array.from({ length: 6 }, (_, i) => `127.0.0.${i + 1}`));
    case 'crowd':
      return four(name, ...Array.from({ length: 100 }, (_, i) => `127.0.1.${i + 1}`));
    case 'chain':
      // As servers may give them: in any order, in any case, and shorter-lived on the way.
      return [
        ...four('END.test', '127.0.0.1'),
        { ...alias(name, 'Middle.test'), ttl: ttl / 2 } as Answer,
        alias('middle.TEST', 'end.test'),
      ];
    case 'dangling':
    case 'danglingnx':
      return [alias(name, 'empty.test'), ...four('bystander.test', '127.6.6.6')];
    case 'loop':
      return [alias(name, 'middle.test'), alias('middle.test', name)];
    case 'selfish':
      return [alias(name, name)];
    case 'to':
      return [alias(name, name.slice('to-'.length))];
    case 'toheld':
      return [alias(name, 'silent.test')];
    case 'ring':
      return [alias(name, name.replace('ring', 'ringb'))];
    case 'ringb':
      return [alias(name, name.replace('ringb', 'ring'))];
    case 'aliases16':
    case 'aliases17':
      return chainOf(Number(kind.slice('aliases'.length)), { first: name, alias, four });
    default:
      return four(name, ...addressesIn(kind));
  }
}

function chainOf(
  count: number,
  {
    first,
    alias,
    four,
  }: {
    readonly first: string;
    readonly alias: (owner: string, data: string) => Answer;
    readonly four: (owner: string, ...data: string[]) => Answer[];
  },
): Answer[] {
  const names = [first, ...Array.from({ length: count }, (_, i) => `link${i + 1}.test`)];
  const aliases = names.slice(1).map((name, i) => alias(names[i]!, name));
  return [...aliases, ...four(names.at(-1)!, '127.0.0.1')];
}

function addressesIn(kind: string): string[] {
  const numbers = /^(at\d+)+$/.test(kind) ? kind.slice(2).split('at') : ['1'];
  return numbers.map((number) => `127.0.0.${number}`);
}
