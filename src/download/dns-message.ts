import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet';
import { hasSoundRecords } from './dns-records.ts';

/** What is asked of a name server. */
export interface DnsQuestion {
  /** In lower case, without the last dot. */
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'SOA';
}

/**
 * What a name server says. `missing`: the name does not exist, or has nothing of the type that was asked for; with the
 * time for which that holds, where the server gives one (RFC 2308, section 5). `failed`: it could not say. `isSilent`: no name server
 * said anything at all, be it that it could not say.
 */
export type DnsAnswer =
  | { readonly kind: 'found'; readonly addresses: readonly string[]; readonly ttlS: number }
  | { readonly kind: 'missing'; readonly nameExists: boolean; readonly ttlS: number | undefined }
  | { readonly kind: 'failed'; readonly why: string; readonly isSilent: boolean };

/** An alias whose target the server said nothing of: that has to be asked for. */
export interface OpenAlias {
  readonly kind: 'alias';
  /** In lower case. */
  readonly target: string;
  /** The names before the target, the one that was asked for first. */
  readonly passed: readonly string[];
  /** The shortest of the aliases' times. */
  readonly ttlS: number;
}

/** What one message says. */
export type DnsReply = DnsAnswer | OpenAlias;

/** More aliases than any name has that works; c-ares and BIND stop at about as many. */
export const MAX_ALIASES = 16;

/** RFC 1035, 2.3.4; one byte of the 255 is the root's, one the first label's length. */
const MAX_NAME_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;

/** What a name server that said something could not say. */
export function failedAnswer(why: string): Extract<DnsAnswer, { kind: 'failed' }> {
  return { kind: 'failed', why, isSilent: false };
}

/** Where something was said of a name before, this is no silence, whatever came of the rest. */
export function afterAnAnswer<Reply extends DnsReply>(reply: Reply): Reply {
  return reply.kind === 'failed' ? { ...reply, isSilent: false } : reply;
}

/** Whether a name can be asked for at all. */
export function isAskable(name: string): boolean {
  return (
    name.length <= MAX_NAME_LENGTH &&
    name.split('.').every((label) => label.length > 0 && label.length <= MAX_LABEL_LENGTH)
  );
}

/** @param id 16 bits that the answer repeats */
export function encodeQuestion(id: number, { name, type }: DnsQuestion): Buffer {
  return encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ name, type }] });
}

/**
 * Reads a message as the answer to a question. `truncated`: the whole is to be had over TCP.
 * undefined where it is no answer to this question, so that the right one may still come.
 */
export function readAnswer(message: Buffer, question: DnsQuestion): DnsReply | 'truncated' | undefined {
  const packet = decoded(message);
  if (packet?.type !== 'response' || !isAbout(packet, question)) return undefined;
  // dns-packet reads the code's name out of the flags.
  const { rcode } = packet as DecodedPacket & { readonly rcode: string };
  if (packet.flag_tc) return 'truncated';
  if (!hasSoundRecords(message)) return failedAnswer('the name server answered nonsense');
  if (rcode === 'NXDOMAIN') return { kind: 'missing', nameExists: false, ttlS: negativeTtlS(packet) };
  if (rcode !== 'NOERROR') return failedAnswer(`the name server answered ${rcode}`);
  return followAliases(packet, question);
}

function decoded(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

/** A server that understood nothing may leave the question out. */
function isAbout({ questions = [], answers = [] }: DecodedPacket, { name, type }: DnsQuestion): boolean {
  const [question] = questions;
  if (!question) return answers.length === 0;
  return question.name.toLowerCase() === name && question.type === type && isOfInternet(question);
}

/** The addresses at the end of the chain of aliases, as far as the server followed it; good for its shortest time. */
function followAliases(packet: DecodedPacket, { name, type }: DnsQuestion): DnsReply {
  const records = packet.answers?.filter(isOfInternet) ?? [];
  const passed: string[] = [];
  let owner = name;
  let ttlS = Number.POSITIVE_INFINITY;
  for (;;) {
    const own = records.filter((record) => record.name.toLowerCase() === owner);
    const found = own.flatMap((record) => addressIn(record, type));
    if (found.length > 0) {
      const leastS = Math.min(ttlS, ...found.map((address) => address.ttlS));
      return { kind: 'found', addresses: found.map(({ address }) => address), ttlS: leastS };
    }
    const alias = own.find((record) => record.type === 'CNAME');
    if (alias?.type !== 'CNAME') return endOfChain(packet, { kind: 'alias', target: owner, passed, ttlS });
    passed.push(owner);
    ttlS = Math.min(ttlS, alias.ttl ?? 0);
    owner = alias.data.toLowerCase();
    const refusal = refusalOfAlias(owner, passed);
    if (refusal) return refusal;
  }
}

/** With an SOA the server says that the last name has nothing of the kind (RFC 2308, 2.2); without, it may not know. */
function endOfChain(packet: DecodedPacket, alias: OpenAlias): DnsReply {
  const ttlS = negativeTtlS(packet);
  const isOpen = alias.passed.length > 0 && ttlS === undefined && isAskable(alias.target);
  return isOpen ? alias : { kind: 'missing', nameExists: true, ttlS };
}

/** Why a chain of aliases is not followed to its next name. A server that notices answers SERVFAIL (RFC 1034, 5.2.2): a failure, too. */
export function refusalOfAlias(target: string, passed: readonly string[]): DnsAnswer | undefined {
  if (passed.includes(target)) return failedAnswer('its aliases go in a circle');
  if (passed.length <= MAX_ALIASES) return undefined;
  return failedAnswer(`it has more than ${MAX_ALIASES} aliases one after the other`);
}

/** Other classes have names and numbers of their own (RFC 1035, 3.2.4: CHAOS, Hesiod). */
function isOfInternet(entry: object): boolean {
  return 'class' in entry && entry.class === 'IN';
}

function addressIn(record: Answer, type: DnsQuestion['type']): { address: string; ttlS: number }[] {
  const isAddress = record.type === 'A' || record.type === 'AAAA';
  return isAddress && record.type === type ? [{ address: record.data, ttlS: record.ttl ?? 0 }] : [];
}

function negativeTtlS({ authorities = [] }: DecodedPacket): number | undefined {
  for (const record of authorities) {
    if (record.type === 'SOA' && isOfInternet(record))
      return Math.min(record.ttl ?? 0, record.data.minimum ?? 0);
  }
  return undefined;
}
