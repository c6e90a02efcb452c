/** What the members of a head give for the samples of a pool. */
export class Chances {
  readonly members: number;
  /** Logits of a pair's chance per point; undefined where the head did not learn from pairs. */
  readonly logitsPerPoint: number | undefined;
  readonly #scores: Float32Array;

  /** @param scores float32(samples x members) */
  constructor(scores: Float32Array, members: number, logitsPerPoint: number | undefined) {
    this.members = members;
    this.logitsPerPoint = logitsPerPoint;
    this.#scores = scores;
  }

  /** A sample's score: the mean of the members'. */
  scoreOf(sample: number): number {
    let sum = 0;
    for (let m = 0; m < this.members; m++) sum += this.#scores[sample * this.members + m]!;
    return sum / this.members;
  }

  /** The unbiased variance of the members' scores of a sample. */
  scoreVariance(sample: number): number {
    const mean = this.scoreOf(sample);
    let sum = 0;
    for (let m = 0; m < this.members; m++) sum += (this.#scores[sample * this.members + m]! - mean) ** 2;
    return sum / (this.members - 1);
  }

  /** The mean of the members' chances that `left` wins, and their unbiased variance; undefined where the head knows no chances. */
  ofPair(left: number, right: number): { readonly mean: number; readonly variance: number } | undefined {
    const logits = this.logitsPerPoint;
    if (logits === undefined) return undefined;
    let sum = 0;
    let squares = 0;
    for (let m = 0; m < this.members; m++) {
      const difference = this.#scores[left * this.members + m]! - this.#scores[right * this.members + m]!;
      const chance = 1 / (1 + Math.exp(-logits * difference));
      sum += chance;
      squares += chance * chance;
    }
    const mean = sum / this.members;
    return { mean, variance: (squares - this.members * mean * mean) / (this.members - 1) };
  }
}
