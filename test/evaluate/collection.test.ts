import test from 'ava';
import { quantileMap, thresholdText } from '../../src/evaluate/quantiles.ts';
import { disagreementsOf, percentileSheet } from '../../src/evaluate/sheets.ts';
import type { PairAnswer, RatingAnswer } from '../../src/feedback/answer.ts';
import { Reservoir } from '../../src/learn/embedded-samples.ts';
import { placeOf } from '../../src/learn/split.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { makeCollection, pairs, ratings } from '../learn/collection.ts';
import { evaluate, hiddenHead, otherHead, trainOn, writeHead } from './world.ts';

test('thresholds of two heads stand for the same share of the collection, and one goes over into the other', async (t) => {
  const collection = await makeCollection(t);
  const feedback = [await collection.write('ratings.jsonl', ratings(collection).slice(0, 40))];
  const length = Math.hypot(...collection.hidden);
  const hidden = await hiddenHead(collection);
  const double = await writeHead(
    collection,
    'double',
    collection.hidden.map((weight) => (8 * weight) / length),
  );
  const { collection: drawn } = await evaluate(collection, {
    heads: [hidden, double],
    feedback,
    collectionRows: 1000,
  });
  t.is(drawn!.rows, 300);
  t.is(drawn!.names.length, 300);
  const { topShares, percentiles } = quantileMap(drawn!);
  for (const { share, thresholds, above: counts } of topShares) {
    t.true(Math.abs(thresholds[1]! - (2 * (thresholds[0]! - 5) + 5)) < 2e-3);
    const above = drawn!.scores[0]!.filter((score) => score > thresholds[0]!).length;
    t.true(Math.abs(above - share * 300) <= 1, `${share}: ${above}`);
    t.is(counts[0], above);
  }
  t.is(topShares.at(-1)!.share, 0.02);
  t.is(percentiles[0]!.length, 101);
  t.is(percentiles[0]![100], Math.max(...drawn!.scores[0]!));
  t.like(disagreementsOf(drawn!)[0]!, { firstHigher: [], secondHigher: [] });
  t.true(disagreementsOf(drawn!)[0]!.spearman! > 1 - 1e-9);
  const few = await evaluate(collection, { heads: [hidden], feedback, collectionRows: 50 });
  t.is(few.collection!.names.length, 50);
  t.is(few.collection!.rows, 300);
});

test('a filter by a threshold of the table keeps what the table says, of equal and of tiny scores, too', (t) => {
  const random = randomNumbers(3);
  const normal = Float64Array.from({ length: 1000 }, () => 3 * (random() + random() + random() - 1.5));
  const columns = {
    whole: normal.map(Math.round),
    'one decimal': normal.map((score) => Math.fround(Math.round(10 * score) / 10)),
    constant: normal.map(() => 1),
    tiny: normal.map((score) => 1e-6 * score),
    'mostly nothing': normal.map((score) => Math.max(0, score - 2.5)),
  };
  const drawn = normal.length;
  const names = Array.from({ length: drawn }, (_, i) => ({ key: String(i) }));
  const scores = Object.values(columns);
  // So many lie above some threshold.
  const possible = scores.map((own) => [
    0,
    ...[...new Set(own)].map((score) => own.filter((one) => one >= score).length),
  ]);
  for (const top of quantileMap({ scores, names }).topShares) {
    for (const [i, own] of scores.entries()) {
      const text = thresholdText(top, i, drawn);
      const [, threshold, , share] = /^(-?[\d.e-]+)( \(([\d.]+) %\))?$/.exec(text) ?? [];
      const kept = own.filter((score) => score > Number(threshold)).length;
      t.is(top.above[i], kept, text);
      const said = share === undefined ? top.share : Number(share) / 100;
      t.true(
        Math.abs(said - kept / drawn) <= Math.max(0.1 * said, 1 / drawn),
        `${top.share}: ${text}, ${kept}`,
      );
      // No other threshold comes nearer.
      const best = Math.min(...possible[i]!.map((count) => Math.abs(count - top.share * drawn)));
      if (i !== 2) t.true(Math.abs(kept - top.share * drawn) <= best + 1, `${text}: ${kept}`);
    }
  }
});

test('a sheet shows samples about each percentile in their order, those first that can be shown', (t) => {
  const random = randomNumbers(5);
  const ranks = Float64Array.from({ length: 1000 }, random);
  const sorted = [...ranks].sort((a, b) => a - b);
  const sheet = percentileSheet(ranks);
  for (const { percentile, places } of sheet) {
    t.is(places.length, 25);
    const own = places.map((place) => ranks[place]!);
    t.deepEqual(
      own,
      [...own].sort((a, b) => a - b),
    );
    const middle = sorted.indexOf(own[12]!);
    const expected = Math.min(Math.max(percentile * 999, 12), 987);
    t.true(Math.abs(middle - expected) <= 1, `${percentile}: ${middle}`);
  }
  const preferred = percentileSheet(ranks, (place) => place % 2 === 0);
  t.true(preferred[5]!.places.filter((place) => place % 2 === 0).length >= 12);
  t.is(percentileSheet(Float64Array.of(1, 2, 3))[0]!.places.length, 3);
});

test('two heads disagree most where one puts a sample high and the other low', async (t) => {
  const collection = await makeCollection(t);
  const feedback = [await collection.write('ratings.jsonl', ratings(collection).slice(0, 40))];
  const heads = [await hiddenHead(collection), await otherHead(collection)];
  const { collection: drawn } = await evaluate(collection, { heads, feedback, collectionRows: 1000 });
  const [found] = disagreementsOf(drawn!);
  const difference = (place: number): number => drawn!.ranks[0]![place]! - drawn!.ranks[1]![place]!;
  const all = [...drawn!.names.keys()].map(difference);
  t.is(difference(found!.firstHigher[0]!), Math.max(...all));
  t.is(difference(found!.secondHigher[0]!), Math.min(...all));
  t.is(found!.firstHigher.length, 12);
});

test('a map of tastes: raters by what they share, heads that were trained here by held-out samples alone', async (t) => {
  const collection = await makeCollection(t);
  const own = ratings(collection) as RatingAnswer[];
  const other = own.map((answer) => ({
    ...answer,
    ...{ id: `bob-${answer.id}`, rater: 'bob', answer: 10 - (answer.answer as number) },
  }));
  const ofPairs = pairs(collection, 300) as PairAnswer[];
  const lines = [...own, ...other.slice(0, 100), ...ofPairs];
  const feedback = await collection.write('both.jsonl', lines);
  const trained = await trainOn(collection, feedback, 'ridge');
  const hidden = await hiddenHead(collection);
  const { taste } = await evaluate(collection, {
    ...{ heads: [hidden, trained], feedback: [feedback], perRater: true },
  });
  const [ofRatings, ofPair] = taste;
  t.deepEqual(
    ofRatings!.parties.map(({ name }) => name),
    ['ada', 'bob', 'hidden', 'ridge'],
  );
  t.like(ofRatings!.likeness[0]![1]!, { value: -1, shared: 100 });
  t.like(ofRatings!.likeness[2]![0]!, { value: 1, shared: 300 });
  const heldOut = own.filter(({ sample: { hash, key } }) => {
    const number = key === undefined ? undefined : Number(key);
    return placeOf(hash ?? String(BigInt(number!) * 7919n ** 4n - 2n ** 61n)).isHeldOut;
  }).length;
  t.is(ofRatings!.likeness[3]![0]!.shared, heldOut);
  t.is(ofRatings!.likeness[3]![2]!.shared, 300);
  t.is(ofPair!.measure, 'agreement');
  t.is(ofPair!.likeness[0]![1]!.value, 1);
});

test('a reservoir keeps all of few, and of many each with the same chance', (t) => {
  const random = randomNumbers(8);
  const counts = new Array<number>(20).fill(0);
  for (let round = 0; round < 2000; round++) {
    const reservoir = new Reservoir<number>(5, random);
    for (let i = 0; i < 20; i++) reservoir.add(() => i);
    for (const item of reservoir.items()) counts[item]!++;
  }
  for (const count of counts) t.true(Math.abs(count - 500) < 100, String(count));
  const few = new Reservoir<number>(5, random);
  for (const item of [3, 1, 2]) few.add(() => item);
  t.deepEqual(few.items(), [3, 1, 2]);
});
