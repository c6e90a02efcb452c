import { KernelOperations } from '../../src/learn/kernel-operations.ts';
import type { Lessons } from '../../src/learn/lessons.ts';
import { type MemberOptions, trainMember } from '../../src/learn/member.ts';
import { memberScores } from '../../src/learn/member-scores.ts';
import { type RandomBits, randomBits, uniform } from '../../src/learn/random.ts';
import { placeOf } from '../../src/learn/split.ts';
import { Chances } from '../../src/queue/chances.ts';
import { choosePairs } from '../../src/queue/choose-pairs.ts';
import type { ChoiceOptions } from '../../src/queue/options.ts';
import { type Answered, subjectKey } from '../../src/queue/past.ts';

/** What a simulated collection and its person are like. */
export interface WorldShape {
  readonly samples: number;
  readonly dimension: number;
  readonly clusters: number;
  /** The person's scores have this standard deviation, in logits: the higher, the surer the answers. */
  readonly sureness: number;
}

/** Embeddings in clusters, and a person with a hidden linear head. */
export interface World {
  readonly dimension: number;
  /** float32(samples x dimension), of length 1 */
  readonly rows: Float32Array;
  readonly ids: readonly string[];
  readonly training: Int32Array;
  readonly heldOut: Int32Array;
  /** float64[samples]: logits; the left one wins with the chance sigmoid(left - right). */
  readonly opinion: Float64Array;
  /** The direction of the opinion; of length 1. */
  readonly hidden: Float64Array;
}

/** Share of a sample's spread that lies within its cluster. */
const WITHIN = 0.6;
/** All embeddings of CLIP lie to one side: the length of their mean, beside a spread of 1. */
const COMMON = 0.7;

/**
 * Unit embeddings about clusters, on axes whose variances fall as 1 / i, as the principal axes of CLIP embeddings do about; the hidden head's
 * weights on these axes are normal.
 */
export function makeWorld({ samples, dimension, clusters, sureness }: WorldShape, seed: number): World {
  const bits = randomBits(`simulated world ${seed}`);
  const total = Math.sqrt(sumOf(dimension, (i) => 1 / (i + 1)));
  const spreads = Float64Array.from({ length: dimension }, (_, i) => 1 / Math.sqrt(i + 1) / total);
  const spreadOut = (share: number): Float64Array =>
    spreads.map((spread) => Math.sqrt(share) * spread * normal(bits));
  const middle = unit(Float64Array.from({ length: dimension }, () => normal(bits)));
  const centres = Array.from({ length: clusters }, () => spreadOut(1 - WITHIN));
  const rows = new Float32Array(samples * dimension);
  for (let row = 0; row < samples; row++) {
    const centre = centres[Math.floor(uniform(bits) * clusters)]!;
    const own = spreadOut(WITHIN);
    rows.set(unit(own.map((value, j) => value + centre[j]! + COMMON * middle[j]!)), row * dimension);
  }
  const hidden = unit(Float64Array.from({ length: dimension }, () => normal(bits)));
  const raw = Float64Array.from({ length: samples }, (_, row) =>
    sumOf(dimension, (j) => hidden[j]! * rows[row * dimension + j]!),
  );
  const mean = sumOf(samples, (i) => raw[i]!) / samples;
  const spread = Math.sqrt(sumOf(samples, (i) => (raw[i]! - mean) ** 2) / samples);
  const ids = Array.from({ length: samples }, (_, i) => String(BigInt(i) * 104_729n ** 2n + BigInt(seed)));
  const isHeld = ids.map((id) => placeOf(id).isHeldOut);
  const numbers = Int32Array.from(ids, (_, i) => i);
  return {
    ...{ dimension, rows, ids, hidden },
    training: numbers.filter((i) => !isHeld[i]),
    heldOut: numbers.filter((i) => isHeld[i]),
    opinion: raw.map((value) => (sureness * (value - mean)) / spread),
  };
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** What held-out pairs tell of scores. */
export interface Accuracy {
  /** The share of a person's answers that scores foretell, in expectation over the answers. */
  readonly of: (score: (sample: number) => number) => number;
  /** The same of the hidden head: more nobody can foretell. */
  readonly ceiling: number;
}

/** Measures on random pairs of held-out samples. */
export function accuracyIn({ heldOut, opinion }: World, pairs: number): Accuracy {
  const bits = randomBits('pairs to measure on');
  const pick = (): number => heldOut[Math.floor(uniform(bits) * heldOut.length)]!;
  const drawn = Array.from({ length: pairs }, () => [pick(), pick()] as const).filter(([a, b]) => a !== b);
  const of = (score: (sample: number) => number): number => {
    const hits = drawn.map(([a, b]) => sigmoid((opinion[a]! - opinion[b]!) * (score(a) > score(b) ? 1 : -1)));
    return hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
  };
  return { of, ceiling: of((sample) => opinion[sample]!) };
}

/** How a simulated person is asked. */
export interface Asking {
  readonly answers: number;
  /** After so many answers the head is trained anew, and a new queue made. */
  readonly step: number;
  /** A queue has so many items, of which only the first `step` are asked. */
  readonly queueItems: number;
  readonly members: number;
  readonly training: MemberOptions;
  /** All of `choosePairs` but its count. */
  readonly choice: Omit<ChoiceOptions, 'count' | 'seed'>;
  /** Whether a queue knows the head; else all is by chance. */
  readonly isActive: boolean;
  readonly seed: number;
}

/** How good the head was after so many answers. */
export interface Point {
  readonly answers: number;
  readonly accuracy: number;
}

/** Asks a simulated person what the queue says, trains on it, and so on. */
export async function ask(world: World, accuracy: Accuracy, asking: Asking): Promise<Point[]> {
  const bits = randomBits(`answers ${asking.seed} ${asking.isActive}`);
  const past = new Map<string, Answered>();
  const numberOf = new Map(world.ids.map((id, i) => [id, i]));
  const training = new PairLessons();
  const validation = new PairLessons();
  const points: Point[] = [];
  let chances: Chances | undefined;
  while (points.length * asking.step < asking.answers) {
    const count = asking.queueItems;
    const field = { ids: world.ids, training: world.training, heldOut: world.heldOut, past };
    const options = { ...asking.choice, count, seed: asking.seed };
    const mix = chances ? options.mix : { random: 1, variance: 0, top: 0, threshold: 0, repeat: 0 };
    const { chosen } = choosePairs({ ...field, chances }, { ...options, mix });
    for (const { ids } of chosen.slice(0, asking.step)) {
      const [left, right] = ids.map((id) => numberOf.get(id)!) as [number, number];
      const target = uniform(bits) < sigmoid(world.opinion[left]! - world.opinion[right]!) ? 0.95 : 0.05;
      (placeOf(ids[0]!).isHeldOut ? validation : training).add(left, right, target);
      const key = subjectKey(ids);
      past.set(key, { ids, times: (past.get(key)?.times ?? 0) + 1, isDecided: true });
    }
    const head = await trainOn(world, training, validation, asking);
    if (asking.isActive) chances = head;
    points.push({
      answers: training.count + validation.count,
      accuracy: accuracy.of((sample) => head.scoreOf(sample)),
    });
  }
  return points;
}

class PairLessons {
  readonly #first: number[] = [];
  readonly #second: number[] = [];
  readonly #targets: number[] = [];

  get count(): number {
    return this.#first.length;
  }

  add(first: number, second: number, target: number): void {
    this.#first.push(first);
    this.#second.push(second);
    this.#targets.push(target);
  }

  lessons(): Lessons {
    return {
      kind: 'pairs',
      first: Int32Array.from(this.#first),
      second: Int32Array.from(this.#second),
      targets: Float64Array.from(this.#targets),
    };
  }
}

/** An ensemble as `train` makes it, in this thread. */
async function trainOn(
  world: World,
  training: PairLessons,
  validation: PairLessons,
  asking: Asking,
): Promise<Chances> {
  const { dimension, rows, ids } = world;
  const course = { dimension, rows, training: training.lessons(), validation: validation.lessons() };
  const members = await Promise.all(
    Array.from({ length: asking.members }, (_, member) =>
      trainMember(course, asking.training, member, {
        makeOperations: (lengths) => new KernelOperations(lengths),
        onLook: () => true,
      }),
    ),
  );
  const scores = new Float32Array(ids.length * asking.members);
  for (const [m, own] of memberScores(members, course).entries())
    for (let i = 0; i < ids.length; i++) scores[i * asking.members + m] = own[i]!;
  return new Chances(scores, asking.members, 1);
}

/** After how many answers a curve first reaches an accuracy, between two points on the line through both; undefined where it never does. */
export function answersFor(points: readonly Point[], accuracy: number): number | undefined {
  const after = points.findIndex((point) => point.accuracy >= accuracy);
  if (after <= 0) return points[after]?.answers;
  const [from, to] = [points[after - 1]!, points[after]!];
  const part = (accuracy - from.accuracy) / (to.accuracy - from.accuracy);
  return from.answers + part * (to.answers - from.answers);
}

/** Box and Muller. */
export function normal(bits: RandomBits): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(bits)));
  return radius * Math.cos(2 * Math.PI * uniform(bits));
}

function unit(values: Float64Array): Float64Array {
  const length = Math.sqrt(sumOf(values.length, (i) => values[i]! ** 2));
  return values.map((value) => value / length);
}

function sumOf(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}
