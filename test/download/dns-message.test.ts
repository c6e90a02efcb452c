import test from 'ava';
import { encode } from 'dns-packet';
import { encodeQuestion, readAnswer } from '../../src/download/dns-message.ts';
import { parseDnsServer } from '../../src/download/dns-servers.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';

const QUESTION = { name: 'some.test', type: 'A' } as const;

test('a question is encoded as RFC 1035 has it', (t) => {
  // Id 0x1234, recursion desired, one question; the name label by label; type A, class IN.
  const expected = '1234 0100 0001 0000 0000 0000 04 736f6d65 04 74657374 00 0001 0001';
  t.is(encodeQuestion(0x1234, QUESTION).toString('hex'), expected.replaceAll(' ', ''));
});

test('20,000 damaged messages are answers or none, and nothing is thrown', (t) => {
  const random = randomNumbers(7);
  const whole = encode({
    type: 'response',
    id: 1,
    questions: [QUESTION],
    answers: [
      { type: 'CNAME', name: 'some.test', data: 'other.test', ttl: 5 },
      { type: 'A', name: 'other.test', data: '8.8.8.8', ttl: 5 },
    ],
  });
  t.deepEqual(readAnswer(whole, QUESTION), { kind: 'found', addresses: ['8.8.8.8'], ttlS: 5 });
  const kinds = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    const damaged = Buffer.from(
      whole.subarray(0, random() < 0.2 ? Math.floor(random() * whole.length) : undefined),
    );
    for (let changes = 1 + Math.floor(random() * 4); changes > 0 && damaged.length > 0; changes--)
      damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
    const answer = readAnswer(damaged, QUESTION);
    kinds.add(typeof answer === 'object' ? answer.kind : String(answer));
    if (typeof answer === 'object' && answer.kind === 'found') t.true(answer.addresses.length > 0);
  }
  t.deepEqual([...kinds].sort(), ['alias', 'failed', 'found', 'missing', 'truncated', 'undefined']);
});

test('an answer to another question, or a question, is no answer', (t) => {
  const answers = [{ type: 'A', name: 'some.test', data: '8.8.8.8', ttl: 5 }] as const;
  const about = (
    question: { name: string; type: 'A' | 'AAAA' },
    type: 'response' | 'query' = 'response',
  ): Buffer => encode({ type, id: 1, questions: [question], answers: [...answers] });
  t.truthy(readAnswer(about({ name: 'SOME.test', type: 'A' }), QUESTION));
  t.is(readAnswer(about({ name: 'other.test', type: 'A' }), QUESTION), undefined);
  t.is(readAnswer(about({ name: 'some.test', type: 'AAAA' }), QUESTION), undefined);
  t.is(readAnswer(about(QUESTION, 'query'), QUESTION), undefined);
});

test('name servers are addresses, with a port or without', (t) => {
  t.deepEqual(parseDnsServer('9.9.9.9'), { address: '9.9.9.9', port: 53 });
  t.deepEqual(parseDnsServer('9.9.9.9:5353'), { address: '9.9.9.9', port: 5353 });
  t.deepEqual(parseDnsServer('2620:fe::fe'), { address: '2620:fe::fe', port: 53 });
  t.deepEqual(parseDnsServer('[2620:fe::fe]:5353'), { address: '2620:fe::fe', port: 5353 });
  t.deepEqual(parseDnsServer('fe80::1%eth0'), { address: 'fe80::1%eth0', port: 53 });
  for (const text of [
    '',
    'dns.example',
    'dns.example:53',
    '9.9.9',
    '9.9.9.9:',
    '9.9.9.9:0',
    '9.9.9.9:65536',
    '[9.9.9.9]:53',
    '::1:',
  ])
    t.is(parseDnsServer(text), undefined, text);
});

/** A message with one record of some.test, `rdata` in hexadecimal, of so many bytes as it says. */
function withRecord(type: number, kind: number, saysBytes: number, rdata: string): Buffer {
  const name = '04736f6d65047465737400';
  const number = (value: number): string => value.toString(16).padStart(4, '0');
  const record = `c00c${number(type)}${number(kind)}00000005${number(saysBytes)}${rdata}`;
  return Buffer.from(`0001818000010001000000${'00'}${name}00010001${record}`, 'hex');
}

test('an address of the Internet is one; what another class has is none', (t) => {
  t.deepEqual(readAnswer(withRecord(1, 1, 4, '08080808'), QUESTION), {
    kind: 'found',
    addresses: ['8.8.8.8'],
    ttlS: 5,
  });
  for (const kind of [2, 3, 4, 254, 255])
    t.deepEqual(
      readAnswer(withRecord(1, kind, 4, '08080808'), QUESTION),
      { kind: 'missing', nameExists: true, ttlS: undefined },
      `${kind}`,
    );
});

for (const [what, message] of [
  ['an address of 5 bytes', withRecord(1, 1, 5, '0808080808')],
  ['an address of 3 bytes', withRecord(1, 1, 3, '080808')],
  ['an address of 3 bytes that says it has 4', withRecord(1, 1, 4, '080808')],
  ['an address without a byte', withRecord(1, 1, 0, '')],
  ['an IPv6 address of 4 bytes', withRecord(28, 1, 4, '08080808')],
  ['an alias that is shorter than it says', withRecord(5, 1, 9, '05616c69617300ffff')],
  ['an alias that is longer than it says', withRecord(5, 1, 3, '05616c69617300')],
  ['an SOA that is cut', withRecord(6, 1, 6, '000000000000')],
] as const)
  test(`${what} is nonsense, and no address`, (t) => {
    const answer = readAnswer(message, QUESTION);
    t.true(
      answer === undefined || (typeof answer === 'object' && answer.kind === 'failed'),
      `${JSON.stringify(answer)}`,
    );
  });
