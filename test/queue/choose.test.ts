import test from 'ava';
import { randomBits, uniform } from '../../src/learn/random.ts';
import { placeOf } from '../../src/learn/split.ts';
import { Chances } from '../../src/queue/chances.ts';
import { type Chosen, type Field, sharesOf } from '../../src/queue/choose.ts';
import { choosePairs } from '../../src/queue/choose-pairs.ts';
import { chooseSamples } from '../../src/queue/choose-samples.ts';
import { type ChoiceOptions, type Mix, USUAL_MIX } from '../../src/queue/options.ts';
import { type Answered, subjectKey } from '../../src/queue/past.ts';
import { RowChoice } from '../../src/queue/row-choice.ts';

const NOTHING: Mix = { random: 0, variance: 0, top: 0, threshold: 0, repeat: 0 };
const OPTIONS: ChoiceOptions = {
  ...{ count: 100, mix: USUAL_MIX, isMixDemanded: false, candidates: 20_000, heldOutShare: 0.1 },
  ...{ topShare: 0.1, certain: 1, auditShare: 0.05, seed: 4 },
};
const MEMBERS = 5;

/** Samples with scores of some members, about -2 to 2. */
function fieldOf(samples: number, changes: Partial<Field> = {}): Field & { readonly scores: Float32Array } {
  const bits = randomBits('a field');
  const ids = Array.from({ length: samples }, (_, i) => String(i * 7919 - 1000));
  const places = ids.map((id) => placeOf(id).isHeldOut);
  const numbers = Int32Array.from(ids, (_, i) => i);
  const scores = new Float32Array(samples * MEMBERS);
  for (let i = 0; i < samples; i++) {
    const middle = 4 * uniform(bits) - 2;
    for (let m = 0; m < MEMBERS; m++) scores[i * MEMBERS + m] = middle + uniform(bits) - 0.5;
  }
  return {
    ...{ ids, scores, past: new Map() },
    training: numbers.filter((i) => !places[i]),
    heldOut: numbers.filter((i) => places[i]),
    chances: new Chances(scores, MEMBERS, 2),
    ...changes,
  };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The members' chances that the first of two samples wins, written out. */
function chancesOf(
  { ids, scores }: { ids: readonly string[]; scores: Float32Array },
  pair: readonly string[],
) {
  const [left, right] = pair.map((id) => ids.indexOf(id)) as [number, number];
  return Array.from(
    { length: MEMBERS },
    (_, m) => 1 / (1 + Math.exp(-2 * (scores[left * MEMBERS + m]! - scores[right * MEMBERS + m]!))),
  );
}

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

test('a mix becomes whole numbers that add up, and every beginning of a queue has about its shares', (t) => {
  t.deepEqual(sharesOf(USUAL_MIX, 20), { random: 6, variance: 10, top: 2, threshold: 1, repeat: 1 });
  t.deepEqual(sharesOf({ ...NOTHING, random: 1, variance: 2 }, 10), {
    ...{ random: 3, variance: 7, top: 0, threshold: 0, repeat: 0 },
  });
  const { chosen } = choosePairs(fieldOf(200), {
    ...OPTIONS,
    mix: { ...NOTHING, random: 0.4, variance: 0.6 },
  });
  t.is(chosen.length, 100);
  for (let end = 10; end <= 100; end += 10) {
    const random = chosen.slice(0, end).filter(({ why }) => why === 'random').length;
    t.true(Math.abs(random - 0.4 * end) <= 1, `${random} of ${end}`);
  }
});

test('what is asked of queues that are made anew after a few answers each has the shares as well, held-out pairs among it', (t) => {
  const field = fieldOf(400);
  const isHeld = ({ ids }: Pick<Chosen, 'ids'>): boolean => placeOf(ids[0]!).isHeldOut;
  for (const [few, rounds] of [
    [1, 60],
    [7, 20],
    [50, 6],
  ] as const) {
    const past = new Map<string, Answered>();
    const asked: Chosen[] = [];
    for (let round = 0; round < rounds; round++) {
      const mix = round === 0 ? { ...NOTHING, random: 1 } : { ...USUAL_MIX, repeat: 0 };
      const { chosen } = choosePairs({ ...field, past }, { ...OPTIONS, count: 200, mix, candidates: 500 });
      for (const item of chosen.slice(0, few)) {
        past.set(subjectKey(item.ids), { ids: item.ids, times: 1, isDecided: true });
        asked.push(item);
      }
    }
    const count = few * rounds;
    const told = `${few} of each: ${asked.map((item) => (isHeld(item) ? 'H' : item.why[0])).join('')}`;
    const random = asked.slice(few).filter(({ why }) => why === 'random');
    t.true(Math.abs(asked.filter(isHeld).length - 0.1 * count) <= 2, told);
    const toLearnFrom = random.filter((item) => !isHeld(item)).length;
    t.true(Math.abs(toLearnFrom - (0.3 / 0.95 - 0.1) * (count - few)) <= 2, told);
  }
});

test('held-out pairs come evenly in any beginning of a queue, with a head and without', (t) => {
  for (const mix of [USUAL_MIX, { ...NOTHING, random: 1 }]) {
    const { chosen } = choosePairs(fieldOf(400), { ...OPTIONS, count: 400, mix });
    for (let end = 10; end <= 400; end += 10) {
      const held = chosen.slice(0, end).filter(({ ids }) => placeOf(ids[0]!).isHeldOut).length;
      t.true(Math.abs(held - 0.1 * end) <= 1, `${held} of ${end}`);
    }
  }
});

test('some of many rows are chosen, exactly so many, each as often as any other', (t) => {
  const counts = new Array<number>(20).fill(0);
  for (let round = 0; round < 2000; round++) {
    const choice = new RowChoice(20, 5, randomBits(`round ${round}`));
    let taken = 0;
    for (let row = 0; row < 20; row++) {
      if (!choice.takesNext()) continue;
      counts[row]!++;
      taken++;
    }
    if (taken !== 5) t.fail(`${taken} in round ${round}`);
  }
  // 500 expected each, with a standard deviation of 19.4.
  for (const count of counts) t.true(Math.abs(count - 500) < 90, counts.join(' '));
});

test('pairs are of two samples that are learned from or of two held-out ones, these at random alone; none was answered or comes twice', (t) => {
  const field = fieldOf(150);
  const past = new Map<string, Answered>();
  for (const { ids } of choosePairs(field, { ...OPTIONS, count: 400, seed: 9 }).chosen)
    past.set(subjectKey(ids), { ids, times: 1, isDecided: true });
  const { chosen } = choosePairs({ ...field, past }, { ...OPTIONS, mix: { ...USUAL_MIX, repeat: 0 } });
  const isHeld = (id: string): boolean => placeOf(id).isHeldOut;
  t.is(new Set(chosen.map(({ ids }) => subjectKey(ids))).size, 100);
  t.false(chosen.some(({ ids }) => past.has(subjectKey(ids))));
  t.false(chosen.some(({ ids }) => isHeld(ids[0]!) !== isHeld(ids[1]!)));
  const held = chosen.filter(({ ids }) => isHeld(ids[0]!));
  t.is(held.length, 10);
  t.true(held.every(({ why }) => why === 'random'));
  t.deepEqual(
    ['random', 'variance', 'top', 'threshold'].map((why) => chosen.filter((one) => one.why === why).length),
    [32, 53, 10, 5],
  );
  t.deepEqual(
    choosePairs({ ...field, past }, { ...OPTIONS, mix: { ...USUAL_MIX, repeat: 0 } }).chosen,
    chosen,
  );
  t.notDeepEqual(choosePairs(field, { ...OPTIONS, seed: 5 }), choosePairs(field, OPTIONS));
});

test('pairs are drawn with chances that go as the fourth power of their variances, each sample twice at most', (t) => {
  const field = fieldOf(30);
  const options = { ...OPTIONS, candidates: 4000, mix: { ...NOTHING, variance: 1 } };
  const training = [...field.training].map((i) => field.ids[i]!);
  const all = training
    .flatMap((left, i) => training.slice(0, i).map((right) => [left, right] as const))
    .map((pair) => ({ key: subjectKey(pair), weight: varianceOf(chancesOf(field, pair)) ** 4 }))
    .sort((a, b) => b.weight - a.weight);
  const sum = all.reduce((total, { weight }) => total + weight, 0);
  const runs = 300;
  const firsts = Array.from({ length: runs }, (_, seed) => {
    const { chosen } = choosePairs(field, { ...options, count: 12, seed });
    const uses = chosen.flatMap(({ ids }) => ids).sort();
    t.is(chosen.length, 12);
    t.false(uses.some((id, i) => id === uses[i + 2]));
    for (const { ids, expected } of chosen)
      t.true(Math.abs(expected! - meanOf(chancesOf(field, ids))) < 1e-9);
    return subjectKey(chosen[0]!.ids);
  });
  for (const count of [1, 4, 20]) {
    const best = all.slice(0, count);
    const share = best.reduce((total, { weight }) => total + weight, 0) / sum;
    const keys = new Set(best.map(({ key }) => key));
    const found = firsts.filter((key) => keys.has(key)).length;
    const spread = Math.sqrt(runs * share * (1 - share));
    t.true(
      Math.abs(found - runs * share) < 5 * spread + 1,
      `${count}: ${found} of ${runs}, expected ${share}`,
    );
  }
});

test('pairs of which the head is certain are passed over, but for audits; held-out ones are asked all the same', (t) => {
  const field = fieldOf(400);
  const options = { ...OPTIONS, count: 600, certain: 0.9, auditShare: 0.2, mix: { ...NOTHING, random: 1 } };
  const { chosen, passedOver } = choosePairs(field, options);
  const certainty = ({ expected }: { expected?: number | undefined }): number =>
    Math.max(expected!, 1 - expected!);
  const held = chosen.filter(({ ids }) => placeOf(ids[0]!).isHeldOut);
  const others = chosen.filter(({ ids }) => !placeOf(ids[0]!).isHeldOut);
  const audits = others.filter(({ why }) => why === 'audit');
  t.true(others.every((item) => certainty(item) >= 0.9 === (item.why === 'audit')));
  t.true(held.some((item) => certainty(item) >= 0.9));
  t.true(held.every(({ why }) => why === 'random'));
  const share = audits.length / (audits.length + passedOver);
  t.true(passedOver > 200 && Math.abs(share - 0.2) < 0.07, `${audits.length} beside ${passedOver}`);
  t.is(choosePairs(field, { ...options, certain: 1 }).passedOver, 0);
});

test('top pairs are of the highest scores, those at a threshold of the nearest', (t) => {
  const field = fieldOf(400);
  const score = (id: string): number => field.chances!.scoreOf(field.ids.indexOf(id));
  const sorted = [...field.training].map((i) => field.chances!.scoreOf(i)).sort((a, b) => b - a);
  const of = (mix: Partial<Mix>, threshold?: number): number[] =>
    choosePairs(field, { ...OPTIONS, threshold, count: 30, mix: { ...NOTHING, ...mix } }).chosen.flatMap(
      ({ ids }) => ids.map(score),
    );
  const size = Math.round(0.1 * sorted.length);
  t.true(of({ top: 1 }).every((value) => value >= sorted[size - 1]!));
  const distances = sorted.map((value) => Math.abs(value - 0.5)).sort((a, b) => a - b);
  t.true(of({ threshold: 1 }, 0.5).every((value) => Math.abs(value - 0.5) <= distances[size - 1]!));
  // Without one, it is where the top ones begin: some lie above and some below.
  const border = of({ threshold: 1 });
  t.true(border.some((value) => value > sorted[size]!) && border.some((value) => value < sorted[size]!));
});

test('what is asked again was answered, least often first, with its sides exchanged', (t) => {
  const field = fieldOf(100);
  const [a, b, c, d] = [...field.training].map((i) => field.ids[i]!) as [string, string, string, string];
  const held = field.ids[field.heldOut[0]!]!;
  const entries: Answered[] = [
    { ids: [a, b], times: 2, isDecided: true },
    { ids: [c, d], times: 1, isDecided: true },
    { ids: [a, c], times: 1, isDecided: false },
    { ids: [a, held], times: 1, isDecided: true },
  ];
  const past = new Map(entries.map((entry) => [subjectKey(entry.ids), entry]));
  const { chosen, missing } = choosePairs(
    { ...field, past },
    { ...OPTIONS, count: 4, mix: { ...NOTHING, repeat: 1 } },
  );
  t.deepEqual(
    chosen.filter(({ why }) => why === 'repeat'),
    [
      { ids: [d, c], why: 'repeat', round: 1 },
      { ids: [b, a], why: 'repeat', round: 2 },
    ],
  );
  t.deepEqual(missing, { repeat: 2 });
  t.is(chosen.filter(({ why }) => why === 'random').length, 2);
});

test('samples are chosen likewise; held-out ones at random, as often as there are', (t) => {
  const field = fieldOf(600);
  const past = new Map(field.ids.slice(0, 100).map((id) => [id, { ids: [id], times: 1, isDecided: true }]));
  const { chosen } = chooseSamples({ ...field, past }, { ...OPTIONS, count: 200 });
  t.is(new Set(chosen.map(({ ids }) => ids[0])).size, 200);
  t.true(
    chosen.every(
      ({ ids, why, round }) => past.has(ids[0]!) === (why === 'repeat') && round === Number(why === 'repeat'),
    ),
  );
  const isHeld = ({ ids }: { ids: readonly string[] }): boolean => placeOf(ids[0]!).isHeldOut;
  t.false(chosen.some((one) => isHeld(one) && one.why !== 'random' && one.why !== 'repeat'));
  const variance = (id: string): number => {
    const i = field.ids.indexOf(id);
    return varianceOf([...field.scores.subarray(i * MEMBERS, (i + 1) * MEMBERS)]);
  };
  const asked = chosen.filter(({ why }) => why === 'variance').map(({ ids }) => variance(ids[0]!));
  const others = [...field.training]
    .map((i) => field.ids[i]!)
    .filter((id) => !past.has(id) && !chosen.some(({ ids }) => ids[0] === id));
  t.is(asked.length, 100);
  t.true(Math.min(...asked) >= Math.max(...others.map(variance)));
  const all = chooseSamples(field, { ...OPTIONS, count: 1000, mix: { ...NOTHING, random: 1 } });
  t.is(all.chosen.filter(isHeld).length, field.heldOut.length);
  t.deepEqual(all.missing, { random: 400 });
});
