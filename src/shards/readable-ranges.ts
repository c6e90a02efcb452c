/** Rows from `from` to before `to`, counted from 0 within a file. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** DuckDB gives rows in pieces of so many: what is damaged costs a whole one. */
const PIECE_ROWS = 2048;

type Test = (range: RowRange) => Promise<boolean>;

/** The row up to which a range, which cannot be read as a whole, can be read from its start. */
export async function lastReadable({ from, to }: RowRange, test: Test): Promise<number> {
  let [good, bad] = [0, pieceCount({ from, to })];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (await test({ from, to: from + middle * PIECE_ROWS })) good = middle;
    else bad = middle;
  }
  return from + good * PIECE_ROWS;
}

/** The row from which a range, whose first rows cannot be read, can be read to its end; its end where there is none. */
export async function firstReadableAfter({ from, to }: RowRange, test: Test): Promise<number> {
  const count = pieceCount({ from, to });
  let [bad, good] = [0, count];
  // After a damaged page the rest of a row group mostly cannot be read: one look at its last rows says so.
  if (count < 2 || !(await test({ from: from + (count - 1) * PIECE_ROWS, to }))) return to;
  good = count - 1;
  while (good - bad > 1) {
    const middle = (good + bad) >> 1;
    if (await test({ from: from + middle * PIECE_ROWS, to })) good = middle;
    else bad = middle;
  }
  return from + good * PIECE_ROWS;
}

function pieceCount({ from, to }: RowRange): number {
  return Math.ceil((to - from) / PIECE_ROWS);
}
