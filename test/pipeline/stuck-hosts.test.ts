import test from 'ava';
import { StuckHosts, type WaitLevels } from '../../src/pipeline/stuck-hosts.ts';

const HOSTS = [
  { host: 'a.test', rows: 60, why: 'at its limit of 32' },
  { host: 'b.test', rows: 20, why: 'paused for 40 s' },
];
const FEW: WaitLevels = { rows: 100, ended: 0, isHungry: true };
/** The same hosts have little of so many rows. */
const MANY: WaitLevels = { ...FEW, rows: 1_000 };

/** What is named when it is looked once a second, the last time included. */
function namedAfter(seconds: number, levelsAt: (second: number) => WaitLevels): readonly string[] {
  const stuck = new StuckHosts((most) => HOSTS.slice(0, most), 0);
  let named: readonly { readonly host: string }[] = [];
  for (let second = 1; second <= seconds; second++) named = stuck.look(levelsAt(second), 1_000 * second);
  return named.map(({ host }) => host);
}

test('hosts that have most of the rows for ten seconds are named, though rows end', (t) => {
  const moving = (second: number): WaitLevels => ({ ...FEW, ended: second });
  t.deepEqual(namedAfter(10, moving), []);
  t.deepEqual(namedAfter(11, moving), ['a.test', 'b.test']);
  t.deepEqual(
    namedAfter(60, (second) => ({ ...MANY, ended: second })),
    [],
  );
});

test('hosts are named once nothing has ended for five seconds', (t) => {
  t.deepEqual(
    namedAfter(4, () => MANY),
    [],
  );
  t.deepEqual(
    namedAfter(5, () => MANY),
    ['a.test', 'b.test'],
  );
  t.deepEqual(
    namedAfter(9, (second) => ({ ...MANY, ended: Math.min(second, 5) })),
    [],
  );
});

test('nobody is named while images wait to be decoded, or no row waits; then it is counted anew', (t) => {
  t.deepEqual(
    namedAfter(60, () => ({ ...FEW, isHungry: false })),
    [],
  );
  t.deepEqual(
    namedAfter(60, () => ({ ...FEW, rows: 0 })),
    [],
  );
  const hungryFrom20 = (second: number): WaitLevels => ({ ...FEW, ended: second, isHungry: second >= 20 });
  t.deepEqual(namedAfter(29, hungryFrom20), []);
  t.deepEqual(namedAfter(30, hungryFrom20), ['a.test', 'b.test']);
});

test('a pause of all downloads is no host\u2019s fault', (t) => {
  const stuck = new StuckHosts(() => HOSTS, 0);
  stuck.look(FEW, 4_000);
  stuck.pause(60_000);
  t.deepEqual(stuck.look(FEW, 61_000), []);
  t.deepEqual(stuck.look(FEW, 65_000), HOSTS);
});
