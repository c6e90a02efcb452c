import type { AnswerColumns } from './answer-columns.ts';

/** How the answers about pairs contradict each other when they are taken together. */
export interface Cycles {
  /** Pairs of which one side is preferred more often than the other. */
  readonly decidedPairs: number;
  /** Three samples of which each two are such a pair. */
  readonly triples: number;
  /** Of these, those that go round: a before b, b before c, c before a. Answers by chance make a quarter of them so. */
  readonly cyclicTriples: number;
  /** Groups of samples, as large as can be, in which a way of preferences leads from each to each other: none where the answers have an order. */
  readonly groups: number;
  readonly samplesInGroups: number;
  readonly largestGroup: number;
}

/** Takes the majority of answers about each pair, of all raters, as a preference, and looks for cycles among these. */
export function cyclesOf(columns: AnswerColumns): Cycles {
  const graph = new PreferenceGraph(columns.sampleCount);
  let decidedPairs = 0;
  for (const rows of columns.bySubject()) {
    const balance = rows.reduce((sum, { value }) => sum + value, 0);
    const [{ first, second }] = rows as [(typeof rows)[number]];
    if (balance === 0) continue;
    decidedPairs++;
    if (balance > 0) graph.prefer(first, second);
    else graph.prefer(second, first);
  }
  const sizes = graph.componentSizes().filter((size) => size > 1);
  return {
    decidedPairs,
    ...graph.countTriples(),
    groups: sizes.length,
    samplesInGroups: sizes.reduce((sum, size) => sum + size, 0),
    largestGroup: sizes.reduce((most, size) => Math.max(most, size), 0),
  };
}

/** Samples with an arrow from the better to the worse of a pair. */
class PreferenceGraph {
  readonly #worse: number[][];
  readonly #better: number[][];

  constructor(sampleCount: number) {
    this.#worse = Array.from({ length: sampleCount }, () => []);
    this.#better = Array.from({ length: sampleCount }, () => []);
  }

  prefer(better: number, worse: number): void {
    this.#worse[better]!.push(worse);
    this.#better[worse]!.push(better);
  }

  /** Looks at each triple once, from that of its samples which has most neighbours, by marks on these: time grows with pairs^1.5 at most. */
  countTriples(): Pick<Cycles, 'triples' | 'cyclicTriples'> {
    let [triples, cyclicTriples] = [0, 0];
    const degrees = this.#worse.map((worse, sample) => worse.length + this.#better[sample]!.length);
    const isBefore = (a: number, b: number): boolean =>
      degrees[a]! < degrees[b]! || (degrees[a] === degrees[b] && a < b);
    // What a sample is to the present one: 1 worse, 2 better, 0 nothing.
    const marks = new Uint8Array(degrees.length);
    const neighbours = degrees.map((_, sample) => [
      ...this.#worse[sample]!.filter((other) => isBefore(sample, other)).map((other) => [other, 1] as const),
      ...this.#better[sample]!.filter((other) => isBefore(sample, other)).map((other) => [other, 2] as const),
    ]);
    for (let sample = 0; sample < degrees.length; sample++) {
      for (const [other, kind] of neighbours[sample]!) marks[other] = kind;
      for (const [middle, toMiddle] of neighbours[sample]!) {
        for (const [third, toThird] of neighbours[middle]!) {
          if (marks[third] === 0) continue;
          triples++;
          // Round it goes where all three arrows point the same way: sample, middle, third, sample.
          if (toMiddle === toThird && marks[third] !== toMiddle) cyclicTriples++;
        }
      }
      for (const [other] of neighbours[sample]!) marks[other] = 0;
    }
    return { triples, cyclicTriples };
  }

  /** The sizes of the strongly connected components (Tarjan's way, with a stack of its own: chains may be long). */
  componentSizes(): number[] {
    const count = this.#worse.length;
    const numbers = new Int32Array(count).fill(-1);
    const lowest = new Int32Array(count);
    const isOpen = new Uint8Array(count);
    const nextChild = new Int32Array(count);
    const open: number[] = [];
    const path: number[] = [];
    const sizes: number[] = [];
    let next = 0;
    const enter = (sample: number): void => {
      numbers[sample] = lowest[sample] = next++;
      isOpen[sample] = 1;
      open.push(sample);
      path.push(sample);
    };
    const leave = (sample: number): void => {
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lowest[parent] = Math.min(lowest[parent]!, lowest[sample]!);
      if (lowest[sample] !== numbers[sample]) return;
      const component = open.splice(open.lastIndexOf(sample));
      for (const member of component) isOpen[member] = 0;
      sizes.push(component.length);
    };
    for (let start = 0; start < count; start++) {
      if (numbers[start] !== -1) continue;
      enter(start);
      while (path.length > 0) {
        const sample = path.at(-1)!;
        const child = this.#worse[sample]![nextChild[sample]!++];
        if (child === undefined) leave(sample);
        else if (numbers[child] === -1) enter(child);
        else if (isOpen[child] === 1) lowest[sample] = Math.min(lowest[sample]!, numbers[child]!);
      }
    }
    return sizes;
  }
}
