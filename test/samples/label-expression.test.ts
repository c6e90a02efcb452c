import test from 'ava';
import {
  countOf,
  isLabel,
  type LabelTransform,
  largestCountOf,
  transformCount,
  transformProblem,
} from '../../src/samples/label.ts';
import { parseExpression } from '../../src/samples/label-expression.ts';

test('an expression is computed as mathematics has it', (t) => {
  const cases: readonly (readonly [string, number, number])[] = [
    ['x', 7, 7],
    ['2 * x + 3', 5, 13],
    ['2+3*x^2', 2, 14],
    ['-x^2', 3, -9],
    ['2^3^2', 0, 512],
    ['2^-1', 0, 0.5],
    ['x - 1 - 2', 10, 7],
    ['x / 2 / 5', 20, 2],
    ['- - x', 4, 4],
    ['(1 + x) * (x - 1)', 3, 8],
    ['sqrt(x) * log(x + 10)', 4, 2 * Math.log(14)],
    ['cbrt(x+1)', 7, 2],
    ['log1p(x) + exp(0)', 0, 1],
    ['1.5e2 + .5 + 1.', 0, 151.5],
  ];
  for (const [text, x, expected] of cases)
    t.true(Math.abs(parseExpression(text)(x) - expected) < 1e-12, `${text} of ${x}`);
});

test('what is no arithmetic of x is refused, with its place', (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /ends too early/],
    ['x +', /ends too early/],
    ['(x', /ends too early/],
    ['x)', /"\)" at character 2 does not fit/],
    ['2 x', /"x" at character 3 does not fit/],
    ['log x', /"x" at character 5 does not fit/],
    ['process(1)', /"process" at character 1 is none of x/],
    ['constructor(x)', /none of x, numbers/],
    ['x; y', /";" is none of/],
    ['x[0]', /"\[" is none of/],
    ['1,2', /"," is none of/],
    [`${'('.repeat(80)}x${')'.repeat(80)}`, /too deep/],
    [`${'-'.repeat(150)}x`, /too deep/],
    ['x+'.repeat(150), /more than 200 characters/],
  ];
  for (const [text, message] of cases) t.throws(() => parseExpression(text), { message }, text);
});

test('an expression that grows is a transform, and counts come back from their scores', (t) => {
  for (const transform of ['expr:log1p(x)', 'expr:sqrt(x) + x / 1000', 'expr:x^0.3'] as const) {
    t.is(transformProblem(transform), undefined);
    t.is(largestCountOf(transform), 2 ** 53);
    t.true(isLabel({ transform, unit: 'likes' }));
    for (const count of [0, 1, 3, 199, 12_345.678, 1e9]) {
      const back = countOf(transform, transformCount(transform, count));
      t.true(Math.abs(back - count) <= 1e-9 * (1 + count), `${transform} of ${count}: ${back}`);
    }
  }
  t.is(transformCount('expr:log1p(x)', 200), transformCount('log1p', 200));
});

test('where an expression ceases to grow there are no numbers', (t) => {
  // Grows to 25,000.
  const bow: LabelTransform = 'expr:sqrt(x) * 100 - x / 3.1622776601683795 ';
  const most = largestCountOf(bow);
  t.true(most > 20_000 && most < 26_000, String(most));
  t.true(Math.abs(countOf(bow, transformCount(bow, 15_000)) - 15_000) < 1e-6);
  t.is(countOf(bow, transformCount(bow, most) + 1), Number.NaN);
  for (const transform of [
    'expr:-x',
    'expr:3',
    'expr:1/x',
    'expr:sqrt(x-2)',
    'expr:(x-1)^2',
    'expr:y',
    'log2',
    'toString',
  ]) {
    t.not(transformProblem(transform), undefined, transform);
    t.false(isLabel({ transform, unit: 'likes' }), transform);
  }
});
