import test from 'ava';
import { AddressWatch, endpointOf } from '../../src/download/address-watch.ts';
import { type HostRules, usualRules } from '../../src/download/host-rules.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const HERE = '203.0.113.7:80';
const THERE = '203.0.113.8:80';

function watchOf(rulesOf: (endpoint: string) => Partial<HostRules> = () => ({})): {
  watch: AddressWatch;
  clock: ManualClock;
  silence: (count: number, endpoints?: readonly string[], from?: number) => void;
} {
  const clock = new ManualClock();
  const usual = usualRules(1);
  const watch = new AddressWatch(
    (endpoint) => ({ ...usual, ...rulesOf(endpoint) }),
    () => clock.nowMs(),
  );
  const silence = (count: number, endpoints: readonly string[] = [HERE], from = 0): void => {
    for (let i = from; i < from + count; i++) {
      watch.mayConnect(`http://silent${i}.test`, endpoints);
      watch.silent(`http://silent${i}.test`);
    }
  };
  return { watch, clock, silence };
}

test('an address is given up once rows of five hosts in a row have ended without an answer', (t) => {
  const { watch, silence } = watchOf();
  silence(4);
  t.true(watch.mayConnect('http://other.test', [HERE]));
  silence(1, [HERE], 4);
  t.false(watch.mayConnect('http://other.test', [HERE]));
  t.true(watch.mayConnect('http://other.test', [THERE]));
  t.true(watch.mayConnect('https://other.test', ['203.0.113.7:443']), 'another port is another server');
});

test('one silent host does not give its address up, however many rows it has', (t) => {
  const { watch } = watchOf(() => ({ tries: 1 }));
  for (let i = 0; i < 100; i++) {
    watch.mayConnect('http://silent.test', [HERE]);
    watch.silent('http://silent.test');
  }
  t.true(watch.mayConnect('http://other.test', [HERE]));
});

test('an address that has answered for one host is never given up for the silence of others', (t) => {
  const { watch, clock, silence } = watchOf();
  silence(4);
  watch.mayConnect('http://live.test', [HERE]);
  watch.answered('http://live.test');
  silence(1_000);
  clock.advance(3_600_000);
  silence(1_000, [HERE], 1_000);
  t.true(watch.mayConnect('http://other.test', [HERE]));
});

test('once it has cooled down one connection passes at a time, and an answer opens it to all', (t) => {
  const { watch, clock, silence } = watchOf();
  silence(5);
  clock.advance(29_999);
  t.false(watch.mayConnect('http://a.test', [HERE]));
  clock.advance(1);
  t.true(watch.mayConnect('http://a.test', [HERE]));
  t.false(watch.mayConnect('http://b.test', [HERE]));
  watch.silent('http://a.test');
  clock.advance(29_999);
  t.false(watch.mayConnect('http://b.test', [HERE]));
  clock.advance(1);
  t.true(watch.mayConnect('http://b.test', [HERE]));
  watch.answered('http://b.test');
  t.true(watch.mayConnect('http://c.test', [HERE]));
  t.true(watch.mayConnect('http://d.test', [HERE]));
});

test('a host with several addresses is asked as long as one of them is not given up', (t) => {
  const { watch, silence } = watchOf();
  silence(5);
  t.true(watch.mayConnect('http://both.test', [HERE, THERE]));
  silence(5, [HERE, THERE], 5);
  t.false(watch.mayConnect('http://both.test', [HERE, THERE]));
});

test('silence after a connection is held against the address that was connected to, without one against all', (t) => {
  const { watch } = watchOf();
  for (let i = 0; i < 5; i++) {
    watch.mayConnect(`http://silent${i}.test`, [HERE, THERE]);
    watch.connected(`http://silent${i}.test`, THERE);
    watch.silent(`http://silent${i}.test`);
  }
  t.true(watch.mayConnect('http://other.test', [HERE]));
  t.false(watch.mayConnect('http://other.test', [THERE]));
});

test('a rule for the address says how many hosts it takes, and for how long it is left alone', (t) => {
  const rules = (endpoint: string): Partial<HostRules> =>
    endpoint === HERE ? { tries: 2, coolDownMs: 1_000 } : {};
  const { watch, clock, silence } = watchOf(rules);
  silence(2);
  t.false(watch.mayConnect('http://other.test', [HERE]));
  clock.advance(1_000);
  t.true(watch.mayConnect('http://other.test', [HERE]));
});

test('while the network is looked at everybody passes, and what it was to blame for is forgotten', (t) => {
  const { watch, silence } = watchOf();
  silence(5);
  watch.pause();
  t.true(watch.mayConnect('http://a.test', [HERE]));
  watch.resume();
  t.false(watch.mayConnect('http://a.test', [HERE]));
  watch.forgetSilence();
  t.true(watch.mayConnect('http://a.test', [HERE]));
});

test('of what was never connected to nothing is known', (t) => {
  const { watch } = watchOf();
  t.notThrows(() => {
    watch.silent('http://a.test');
    watch.answered('http://a.test');
    watch.connected('http://a.test', HERE);
  });
});

test('an address is written with its port as in a URL', (t) => {
  t.is(endpointOf('203.0.113.7', 80), '203.0.113.7:80');
  t.is(endpointOf('2001:db8::1', 443), '[2001:db8::1]:443');
});
