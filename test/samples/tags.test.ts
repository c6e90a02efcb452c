import test from 'ava';
import { firstKnown, numberOrNull, tagsAt } from '../../src/samples/tag-columns.ts';
import { byTag, isTag, isTagName, TAGS } from '../../src/samples/tags.ts';

const NONE = Number.NaN;

test('the tags are the three published scores, and no other name is one', (t) => {
  t.deepEqual([...TAGS], ['aesthetic', 'punsafe', 'pwatermark']);
  t.true(TAGS.every(isTag));
  for (const other of ['Aesthetic', 'score', '', 'toString', 0, null, undefined]) t.false(isTag(other));
});

test('what is made by tag comes in their order', (t) => {
  t.is(JSON.stringify(byTag((tag) => tag.length)), '{"aesthetic":9,"punsafe":7,"pwatermark":10}');
});

test('a column of a person has letters, digits and _ in its name, and no digit first', (t) => {
  for (const name of ['aesthetic_v2', '_', 'A1']) t.true(isTagName(name), name);
  for (const name of ['', '2nd', 'a-b', 'a b', 'ä', 'a=b', 'a\n']) t.false(isTagName(name), name);
});

test("a row's own tag goes before the computed one, which stands in where it has none", (t) => {
  const own = Float32Array.of(0.25, NONE, NONE);
  t.deepEqual(firstKnown(own, Float64Array.of(0.5, 0.75, NONE), 3), Float32Array.of(0.25, 0.75, NONE));
  t.deepEqual(own, Float32Array.of(0.25, NONE, NONE));
});

test('a tag of one source alone is that, and one of none is missing in every row', (t) => {
  t.deepEqual(firstKnown(Float32Array.of(0.5, NONE), undefined, 2), Float32Array.of(0.5, NONE));
  t.deepEqual(firstKnown(undefined, Float32Array.of(0.5, NONE), 2), Float32Array.of(0.5, NONE));
  t.deepEqual(firstKnown(undefined, undefined, 2), Float32Array.of(NONE, NONE));
});

test('computed scores become float32, alone and beside a column', (t) => {
  const computed = Float64Array.of(0.7);
  const expected = Float32Array.of(Math.fround(0.7));
  t.deepEqual(firstKnown(undefined, computed, 1), expected);
  t.deepEqual(firstKnown(Float32Array.of(NONE), computed, 1), expected);
});

test("a row's tags are those at its place, and a missing one is null where values are written", (t) => {
  const columns = {
    aesthetic: Float32Array.of(1, 2),
    punsafe: Float32Array.of(0, 0.5),
    pwatermark: Float32Array.of(0, NONE),
  };
  t.deepEqual(tagsAt(columns, 1), { aesthetic: 2, punsafe: 0.5, pwatermark: NONE });
  t.deepEqual([0, 0.5, NONE].map(numberOrNull), [0, 0.5, null]);
});
