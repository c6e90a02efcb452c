import type { ReadRows } from '../browse/rows.ts';
import { type SampleName, sampleId } from '../feedback/answer.ts';
import type { Likeness } from './likeness.ts';

/** The rows that are kept, by the answers that keep them, and which others are near to them. */
export class KeptRows {
  readonly #likeness: Likeness | undefined;
  readonly #rows = new Map<string, number>();

  constructor(likeness: Likeness | undefined) {
    this.#likeness = likeness;
  }

  get size(): number {
    return this.#rows.size;
  }

  add(id: string, row: number): void {
    this.#rows.set(id, row);
  }

  /** Whether there was one. */
  remove(id: string): boolean {
    return this.#rows.delete(id);
  }

  /** An answer that keeps another row, to which a row is near; undefined where there is none. */
  nearTo(row: number): string | undefined {
    if (!this.#likeness) return undefined;
    for (const [id, kept] of this.#rows) if (kept !== row && this.#likeness.areNear(row, kept)) return id;
    return undefined;
  }

  areNear(row: number, other: number): boolean {
    return this.#likeness?.areNear(row, other) ?? false;
  }
}

/** The rows that some samples are, by `sampleId`; of several rows of one name the first. @throws errors of DuckDB */
export async function rowsOf(
  { names }: Pick<ReadRows, 'names'>,
  samples: readonly SampleName[],
): Promise<ReadonlyMap<string, number>> {
  const hashes = samples.flatMap(({ hash }) => hash ?? []);
  const keys = samples.flatMap(({ hash, key }) => (hash === undefined ? (key ?? []) : []));
  const rows = new Map<string, number>();
  for (const { row, hash, key } of await names.find(hashes, keys)) {
    for (const name of [hash, key === null ? null : sampleId({ key })])
      if (name !== null && !rows.has(name)) rows.set(name, row);
  }
  return rows;
}
