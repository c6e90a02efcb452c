import { BowerbirdError } from '../base/errors.ts';
import type { Tag } from '../samples/tags.ts';
import { countWhatIf, type WhatIfCells, type WhatIfCount, type WhatIfThresholds } from './what-if-count.ts';

/** A cube as it is stored: what-if.json of a run folder. */
export interface StoredWhatIf {
  readonly format: 'bowerbird-what-if';
  readonly version: 1;
  readonly rows: number;
  readonly edges: Readonly<Record<Tag, readonly number[]>>;
  /** `[aesthetic cell, punsafe cell, pwatermark cell, rows]`, ascending; empty cells are left out. */
  readonly cells: readonly (readonly [number, number, number, number])[];
}

/** Steps to a unit. */
const AESTHETIC_PARTS = 10;
const PROBABILITY_PARTS = 20;

/** `parts` per unit, each the double nearest to its decimal. */
function grid(to: number, parts: number): readonly number[] {
  return Array.from({ length: to * parts + 1 }, (_, i) => i / parts);
}

/** Edges of the grid: thresholds on them are counted exactly. Aesthetic 0, 0.1 ... 10; the others 0, 0.05 ... 1. */
export const WHAT_IF_EDGES: WhatIfCells['edges'] = [
  grid(10, AESTHETIC_PARTS),
  grid(1, PROBABILITY_PARTS),
  grid(1, PROBABILITY_PARTS),
];

const SIZES = WHAT_IF_EDGES.map((edges) => edges.length + 2) as [number, number, number];
const CELL_COUNT = SIZES[0] * SIZES[1] * SIZES[2];

/**
 * Counts of rows by cells of aesthetic, punsafe and pwatermark, from which the rows that pass any three thresholds
 * follow. Rules are strict, so a score on an edge belongs to the cell below it and a punsafe on an edge to the cell
 * above: then it fails its own edge as a threshold, as it does in the filter. Merging adds counts and is exact.
 */
export class WhatIfCube {
  readonly #counts = new Float64Array(CELL_COUNT);

  /** Adds rows by their tags: NaN where a row has none, undefined where no row has one. */
  addRows(
    rowCount: number,
    { aesthetic, punsafe, pwatermark }: Readonly<Record<Tag, Float32Array | undefined>>,
  ): void {
    for (let row = 0; row < rowCount; row++) {
      const a = aesthetic ? cellAbove(aesthetic[row]!) : SIZES[0] - 1;
      const p = punsafe ? cellBelow(1, punsafe[row]!) : SIZES[1] - 1;
      const w = pwatermark ? cellBelow(2, pwatermark[row]!) : SIZES[2] - 1;
      this.#counts[(a * SIZES[1] + p) * SIZES[2] + w]!++;
    }
  }

  /** Adds `rows` rows to a cell, given by its place on each axis. */
  addCell(aesthetic: number, punsafe: number, pwatermark: number, rows: number): void {
    const cell = [aesthetic, punsafe, pwatermark];
    if (cell.some((place, axis) => !Number.isInteger(place) || place < 0 || place >= SIZES[axis]!)) {
      throw new RangeError(`there is no cell ${cell.join(', ')}`);
    }
    this.#counts[(aesthetic * SIZES[1] + punsafe) * SIZES[2] + pwatermark]! += rows;
  }

  merge(other: WhatIfCube): void {
    for (let i = 0; i < CELL_COUNT; i++) this.#counts[i]! += other.#counts[i]!;
  }

  /** All rows, with or without tags. */
  get rows(): number {
    let rows = 0;
    for (let i = 0; i < CELL_COUNT; i++) rows += this.#counts[i]!;
    return rows;
  }

  /** The cells that hold something, as `countWhatIf` takes them. */
  cells(): WhatIfCells {
    const cells: number[] = [];
    for (let i = 0; i < CELL_COUNT; i++) if (this.#counts[i]! > 0) cells.push(i);
    return { edges: WHAT_IF_EDGES, cells, counts: cells.map((cell) => this.#counts[cell]!) };
  }

  count(thresholds: WhatIfThresholds): WhatIfCount {
    return countWhatIf(this.cells(), thresholds);
  }

  /** Rows by cell of the aesthetic axis, rows without a score last. */
  byAesthetic(): number[] {
    const plane = SIZES[1] * SIZES[2];
    return Array.from({ length: SIZES[0] }, (_, a) =>
      this.#counts.subarray(a * plane, (a + 1) * plane).reduce((sum, count) => sum + count, 0),
    );
  }

  toJSON(): StoredWhatIf {
    const { cells, counts } = this.cells();
    return {
      format: 'bowerbird-what-if',
      version: 1,
      rows: this.rows,
      edges: { aesthetic: WHAT_IF_EDGES[0], punsafe: WHAT_IF_EDGES[1], pwatermark: WHAT_IF_EDGES[2] },
      cells: Array.from(cells, (cell, i) => [...placesOf(cell), counts[i]!] as const),
    };
  }

  /**
   * Reads what `toJSON` gave.
   *
   * @param path named in the error
   * @throws BowerbirdError BB_RUN_CORRUPT for anything else
   */
  static parse(text: string, path: string): WhatIfCube {
    const cube = new WhatIfCube();
    try {
      const stored = JSON.parse(text) as StoredWhatIf;
      if (stored.format !== 'bowerbird-what-if' || stored.version !== 1) throw new Error('another format');
      const expected = JSON.stringify(cube.toJSON().edges);
      if (JSON.stringify(stored.edges) !== expected) throw new Error('another grid');
      for (const [aesthetic, punsafe, pwatermark, rows] of stored.cells) {
        if (!Number.isSafeInteger(rows) || rows < 1) throw new Error('a cell without rows');
        cube.addCell(aesthetic, punsafe, pwatermark, rows);
      }
      if (cube.rows !== stored.rows) throw new Error('its cells do not sum to its rows');
    } catch (cause) {
      throw new BowerbirdError('BB_RUN_CORRUPT', `${path} is not a what-if.json of version 1, or damaged.`, {
        cause,
        fields: { path },
      });
    }
    return cube;
  }
}

function placesOf(cell: number): [number, number, number] {
  const pwatermark = cell % SIZES[2];
  const rest = (cell - pwatermark) / SIZES[2];
  return [Math.floor(rest / SIZES[1]), rest % SIZES[1], pwatermark];
}

/*
 * Where edges lie is known: multiplying says which is near, and comparing with the edges themselves, as doubles, on which side of it
 * a value is. The product alone would put values next to an edge on its wrong side.
 */

/** The number of edges below a score: cells are (from, to]. */
function cellAbove(score: number): number {
  const edges = WHAT_IF_EDGES[0];
  if (Number.isNaN(score)) return edges.length + 1;
  let cell = Math.max(0, Math.min(edges.length, Math.ceil(score * AESTHETIC_PARTS)));
  while (cell > 0 && edges[cell - 1]! >= score) cell--;
  while (cell < edges.length && edges[cell]! < score) cell++;
  return cell;
}

/** The number of edges up to a probability: cells are [from, to). */
function cellBelow(axis: 1 | 2, probability: number): number {
  const edges = WHAT_IF_EDGES[axis];
  if (Number.isNaN(probability)) return edges.length + 1;
  let cell = Math.max(0, Math.min(edges.length, Math.floor(probability * PROBABILITY_PARTS) + 1));
  while (cell > 0 && edges[cell - 1]! > probability) cell--;
  while (cell < edges.length && edges[cell]! <= probability) cell++;
  return cell;
}
