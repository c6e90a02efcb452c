import test from 'ava';
import type { PairChoice } from '../../src/feedback/answer.ts';
import { AskedSummary, wilson } from '../../src/feedback/audits.ts';
import type { PairItem } from '../../src/feedback/queue-items.ts';
import { pair, sample } from './records.ts';

const audit = (id: string, expected: number, why: PairItem['why'] = 'audit'): PairItem => ({
  ...{ id, question: 'aesthetic', mode: 'pair', left: sample(1), right: sample(2), why, expected },
});

test('audits are held against the sample that the head expected to win, on whichever side it was shown', (t) => {
  const items = [audit('a', 0.98), audit('b', 0.01), audit('c', 0.99), audit('r', 0.98, 'random')];
  const answer = (id: string, queue: string, choice: PairChoice, isSwapped = false) => {
    const [left, right] = isSwapped ? [sample(2), sample(1)] : [sample(1), sample(2)];
    return pair(id, { queue, answer: choice, left, right });
  };
  const answers = [
    answer('1', 'a', 'left'),
    answer('2', 'a', 'much-left', true),
    answer('3', 'b', 'left', true),
    answer('4', 'c', 'tie'),
    answer('5', 'c', 'skip'),
    answer('6', 'r', 'right'),
    pair('7', { answer: 'right' }),
  ];
  const summary = new AskedSummary(items);
  t.is(summary.result().audits.interval, null);
  for (const one of answers) summary.add(one);
  const { audits, reasons } = summary.result();
  t.deepEqual(reasons, { audit: 5, random: 1 });
  const { interval, expectedAgainst, ...counts } = audits;
  t.deepEqual(counts, { decided: 3, against: 1, undecided: 1 });
  t.true(Math.abs(expectedAgainst - 0.05) < 1e-12);
  t.deepEqual(interval, wilson(1, 3));
});

test("Wilson's interval is that of scipy.stats.binomtest", (t) => {
  const published = [
    [1, 40, 0.004426831502681396, 0.1288136896347409],
    [0, 10, 0, 0.27753279986288926],
    [7, 7, 0.6456695649333126, 1],
    [30, 200, 0.10713593562241996, 0.20605579284166664],
  ] as const;
  for (const [count, of, low, high] of published) {
    const interval = wilson(count, of);
    t.true(Math.abs(interval[0] - low) < 1e-12, `${count} of ${of}: ${interval}`);
    t.true(Math.abs(interval[1] - high) < 1e-12, `${count} of ${of}: ${interval}`);
  }
});
