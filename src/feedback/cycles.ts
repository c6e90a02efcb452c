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
  columns.sumBySubject((first, second, balance) => {
    if (balance === 0) return;
    decidedPairs++;
    if (balance > 0) graph.prefer(first, second);
    else graph.prefer(second, first);
  });
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
    const { starts, others, kinds } = this.#laterNeighbours();
    // What a sample is to the present one: 1 worse, 2 better, 0 nothing.
    const marks = new Uint8Array(starts.length);
    for (let sample = 0; sample + 1 < starts.length; sample++) {
      const [from, to] = [starts[sample]!, starts[sample + 1]!];
      for (let i = from; i < to; i++) marks[others[i]!] = kinds[i]!;
      for (let i = from; i < to; i++) {
        const middle = others[i]!;
        for (let j = starts[middle]!; j < starts[middle + 1]!; j++) {
          const mark = marks[others[j]!]!;
          if (mark === 0) continue;
          triples++;
          // Round it goes where all three arrows point the same way: sample, middle, third, sample.
          if (kinds[i] === kinds[j] && mark !== kinds[i]) cyclicTriples++;
        }
      }
      for (let i = from; i < to; i++) marks[others[i]!] = 0;
    }
    return { triples, cyclicTriples };
  }

  /** Of each sample those neighbours that have more neighbours than it, or as many and a higher number: 1 for a worse one, 2 for a better one. */
  #laterNeighbours(): {
    readonly starts: Int32Array;
    readonly others: Int32Array;
    readonly kinds: Uint8Array;
  } {
    const degrees = Int32Array.from(this.#worse, (worse, i) => worse.length + this.#better[i]!.length);
    const starts = new Int32Array(degrees.length + 1);
    const arrows = this.#worse.reduce((sum, worse) => sum + worse.length, 0);
    const others = new Int32Array(arrows);
    const kinds = new Uint8Array(arrows);
    let end = 0;
    for (let sample = 0; sample < degrees.length; sample++) {
      for (const [kind, neighbours] of [this.#worse[sample]!, this.#better[sample]!].entries()) {
        for (const other of neighbours) {
          const isLater = degrees[other]! - degrees[sample]! || other - sample;
          if (isLater < 0) continue;
          others[end] = other;
          kinds[end++] = kind + 1;
        }
      }
      starts[sample + 1] = end;
    }
    return { starts, others, kinds };
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
