/** Values are summed as whole numbers of 2^-40: float32 values from 2^-16 on are such, smaller ones are rounded. */
export const UNITS_PER_ONE = 2 ** 40;
/** Larger values (no score is) would not fit; they are counted, and a mean over them is not given. */
export const LARGEST = 2 ** 22;

/** A sum that does not depend on the order of its values, so that threads, files and runs may come in any. */
export interface ExactSum {
  /** In units of 2^-40. */
  readonly units: bigint;
  /** Values beyond `LARGEST`, infinite ones included, which are not in `units`. */
  readonly tooLarge: number;
}

export const NO_SUM: ExactSum = { units: 0n, tooLarge: 0 };

export function addSums(a: ExactSum, b: ExactSum): ExactSum {
  return { units: a.units + b.units, tooLarge: a.tooLarge + b.tooLarge };
}

/** The mean of `count` values; null where there are none or some were too large. */
export function meanOf({ units, tooLarge }: ExactSum, count: number): number | null {
  return count === 0 || tooLarge > 0 ? null : Number(units) / UNITS_PER_ONE / count;
}

/** SQL aggregates of a DOUBLE expression (null: not counted): `units` HUGEINT and `tooLarge` BIGINT. */
export function sumSql(value: string): { readonly units: string; readonly tooLarge: string } {
  const fits = `abs(${value}) <= ${LARGEST}`;
  return {
    // Not a FILTER: it comes after the cast, which fails where the value is too large.
    units: `coalesce(sum(CASE WHEN ${fits} THEN (${value} * ${UNITS_PER_ONE})::BIGINT END), 0)`,
    tooLarge: `count(*) FILTER (NOT ${fits})`,
  };
}

/** The same in JavaScript. */
export class SumOfValues {
  #low = 0;
  #units = 0n;
  #tooLarge = 0;

  add(value: number): void {
    if (!(Math.abs(value) <= LARGEST)) {
      this.#tooLarge++;
      return;
    }
    const units = roundHalfEven(value * UNITS_PER_ONE);
    if (Math.abs(units) >= 2 ** 52) this.#units += BigInt(units);
    else this.#low += units;
    if (Math.abs(this.#low) >= 2 ** 52) this.#settle();
  }

  get sum(): ExactSum {
    this.#settle();
    return { units: this.#units, tooLarge: this.#tooLarge };
  }

  #settle(): void {
    this.#units += BigInt(this.#low);
    this.#low = 0;
  }
}

/** As DuckDB rounds when it casts. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
