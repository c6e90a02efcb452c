import { spearman } from '../metrics/correlation.ts';
import { ranked } from '../metrics/ranks.ts';
import type { Candidate } from './candidates.ts';
import type { Samples } from './part.ts';
import type { PairTruth, Truth, ValueTruth } from './truths.ts';

/** Somebody with an opinion: a rater or a head. */
export interface Party {
  readonly kind: 'rater' | 'head';
  readonly name: string;
}

/** How alike two of them order the same samples. */
export interface Likeness {
  /** From -1 (the other way round) to 1; null where too little is shared. */
  readonly value: number | null;
  /** Samples or pairs that both have an opinion of. */
  readonly shared: number;
}

/** How alike raters and heads are, each with each, in one mode of answers. */
export interface TasteMap {
  readonly mode: Truth['mode'];
  /** Spearman's rho over samples; of pairs, those agreed on less those not, as a share of both. */
  readonly measure: 'spearman' | 'agreement';
  readonly parties: readonly Party[];
  /** By party, then by party. */
  readonly likeness: readonly (readonly Likeness[])[];
}

const LEAST_SHARED = 5;

/** Opinions by sample, or by pair: of pairs above 0 where the one with the lower number is better. */
interface Opinions extends Party {
  readonly isHeldOutOnly: boolean;
  readonly opinions: ReadonlyMap<string, number>;
}

/** What taste maps are made from. */
export interface TasteWorld {
  readonly candidates: readonly Candidate[];
  readonly heldOutOnly: readonly boolean[];
  readonly samples: Samples;
}

/**
 * How alike raters and heads order things. A head that was trained here is held against raters on held-out samples alone; against
 * other heads, where no answer is asked for, on all.
 */
export function tasteMaps(truths: readonly Truth[], world: TasteWorld): TasteMap[] {
  const modes = [...new Set(truths.map(({ mode }) => mode))];
  return modes.map((mode) => {
    const own = truths.filter((truth) => truth.mode === mode);
    const raters = own.filter(({ rater }) => rater !== null).map((truth) => opinionsOfRater(truth));
    const all = own.find(({ rater }) => rater === null)!;
    const heads = world.candidates.map((_, i) => opinionsOfHead(i, all, world));
    const parties = [...raters, ...heads];
    return {
      mode,
      measure: all.kind === 'pairs' ? 'agreement' : 'spearman',
      parties: parties.map(({ kind, name }) => ({ kind, name })),
      likeness: parties.map((a) => parties.map((b) => likenessOf(a, b, all, world.samples))),
    };
  });
}

function likenessOf(a: Opinions, b: Opinions, { kind }: Truth, { isHeldOut }: Samples): Likeness {
  const asksPeople = a.kind !== b.kind;
  const isLimited = asksPeople && (a.isHeldOutOnly || b.isHeldOutOnly);
  const names = [...a.opinions.keys()].filter(
    (name) =>
      b.opinions.has(name) &&
      (!isLimited || name.split(' ').every((sample) => isHeldOut[Number(sample)] === 1)),
  );
  const [x, y] = [a, b].map(({ opinions }) => Float64Array.from(names, (name) => opinions.get(name)!)) as [
    Float64Array,
    Float64Array,
  ];
  const value = kind === 'pairs' ? agreement(x, y) : spearman(ranked(x), ranked(y));
  return { value: names.length < LEAST_SHARED ? null : value, shared: names.length };
}

/** Decided pairs with the same side less those with another, as a share of both. */
function agreement(x: Float64Array, y: Float64Array): number | null {
  let [sum, decided] = [0, 0];
  for (const [i, value] of x.entries()) {
    const side = Math.sign(value) * Math.sign(y[i]!);
    sum += side;
    decided += Math.abs(side);
  }
  return decided === 0 ? null : sum / decided;
}

function opinionsOfRater(truth: Truth): Opinions {
  const opinions = truth.kind === 'values' ? valuesOf(truth) : sidesOf(truth);
  return { kind: 'rater', name: truth.rater!, isHeldOutOnly: false, opinions };
}

function valuesOf({ samples, values }: ValueTruth): Map<string, number> {
  return new Map(Array.from(samples, (sample, i) => [String(sample), values[i]!]));
}

function sidesOf({ first, second, targets }: PairTruth): Map<string, number> {
  const sides = new Map<string, number>();
  for (const [i, target] of targets.entries()) {
    const [a, b] = [first[i]!, second[i]!];
    const name = pairName(a, b);
    const side = a < b ? target - 0.5 : 0.5 - target;
    sides.set(name, (sides.get(name) ?? 0) + side);
  }
  return sides;
}

function pairName(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

function opinionsOfHead(i: number, truth: Truth, { candidates, heldOutOnly }: TasteWorld): Opinions {
  const { name, scores } = candidates[i]!;
  const opinions = new Map<string, number>();
  const add = (key: string, value: number): void => {
    if (!Number.isNaN(value)) opinions.set(key, value);
  };
  if (truth.kind === 'values') for (const sample of truth.samples) add(String(sample), scores[sample]!);
  else
    for (const [place, a] of truth.first.entries()) {
      const b = truth.second[place]!;
      add(pairName(a, b), scores[Math.min(a, b)]! - scores[Math.max(a, b)]!);
    }
  return { kind: 'head', name, isHeldOutOnly: heldOutOnly[i]!, opinions };
}
