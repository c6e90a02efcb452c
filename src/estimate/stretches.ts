import type { RunPlan, ShardSpec } from '../shards/plan.ts';

/** So many stretches spread over the input: neighbouring rows are alike, so a few long ones would say less. */
const STRETCHES = 20;

/** Every other stretch is this much longer, so that what a shard's files cost can be told from what its rows do. */
const LONGER = 3;

/**
 * A plan of the rows that are tried: stretches of neighbouring rows, evenly spread over all rows of the inputs, in turn
 * short and three times as long, each a shard of an input of its own, so that what lies between them is not read. The plan
 * itself where it has no more rows than are asked for. The same plan has the same stretches.
 *
 * @param sampleRows rows to try; about so many are taken; 40 at least
 */
export function samplePlan(plan: RunPlan, sampleRows: number): RunPlan {
  if (plan.rowCount <= sampleRows) return plan;
  const stretches = pickStretches(plan, sampleRows);
  return {
    ...plan,
    inputs: stretches.map(({ inputIndex }) => plan.inputs[inputIndex]!),
    shards: stretches.map((stretch, inputIndex) => ({ ...stretch, inputIndex })),
    rowCount: stretches.reduce((sum, { rowCount }) => sum + rowCount, 0),
  };
}

function pickStretches({ inputs, rowCount }: RunPlan, sampleRows: number): ShardSpec[] {
  const unit = Math.max(1, Math.floor((2 * sampleRows) / (STRETCHES * (1 + LONGER))));
  const starts = startsOf(inputs);
  const picked: ShardSpec[] = [];
  for (let i = 0; i < STRETCHES; i++) {
    const wanted = i % 2 === 0 ? unit : LONGER * unit;
    const middle = Math.floor(((i + 0.5) * rowCount) / STRETCHES);
    const inputIndex = inputAt(starts, middle);
    const fileRows = inputs[inputIndex]!.rowCount;
    const rows = Math.min(wanted, fileRows);
    // A stretch is of one file, as a shard is.
    const firstRow = Math.min(middle - starts[inputIndex]!, fileRows - rows);
    picked.push({ id: picked.length, inputIndex, firstRow, rowCount: rows });
  }
  return withoutOverlaps(picked);
}

/** The number of the first row of each input among all rows, and the number of rows. */
function startsOf(inputs: readonly { readonly rowCount: number }[]): number[] {
  const starts = [0];
  for (const { rowCount } of inputs) starts.push(starts.at(-1)! + rowCount);
  return starts;
}

function inputAt(starts: readonly number[], row: number): number {
  return starts.findLastIndex((start, i) => i < starts.length - 1 && start <= row);
}

/** Stretches of small files may have been moved onto each other: a row is tried once. */
function withoutOverlaps(picked: readonly ShardSpec[]): ShardSpec[] {
  const kept: ShardSpec[] = [];
  for (const next of picked) {
    const last = kept.at(-1);
    const from =
      last?.inputIndex === next.inputIndex
        ? Math.max(next.firstRow, last.firstRow + last.rowCount)
        : next.firstRow;
    const rowCount = next.firstRow + next.rowCount - from;
    if (rowCount > 0) kept.push({ ...next, id: kept.length, firstRow: from, rowCount });
  }
  return kept;
}
