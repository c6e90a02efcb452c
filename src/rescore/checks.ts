import { BowerbirdError } from '../base/errors.ts';
import { checkHead } from '../heads/check.ts';
import { HeadError } from '../heads/errors.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from '../shards/result-columns.ts';
import { type ColumnHead, labelledColumns, spreadColumns } from './head-set.ts';
import type { RescorePlan } from './plan.ts';

/**
 * Checks that heads and embeddings belong together, as far as that can be told: the dimension, the encoder where the
 * embeddings' own run.json names it, and the length of some rows of each file.
 *
 * @throws HeadError BB_HEAD_MISMATCH
 * @throws BowerbirdError BB_INPUT_EMPTY for Parquet files without rows, BB_USAGE where two columns would have one name
 */
export function checkFit(heads: readonly ColumnHead[], plan: RescorePlan, normalise: boolean): void {
  const { encoder, dimension, inputs } = plan;
  refuseSameColumns(heads);
  for (const { head } of heads) {
    if (encoder) {
      checkHead(head, { encoderName: encoder.name, encoderDigest: encoder.digest, dimension });
    } else if (dimension === 0) {
      throw new BowerbirdError(
        'BB_INPUT_EMPTY',
        `${inputs[0]!.embeddings} has no rows, so that there is nothing to score. Give a file with embeddings.`,
        { fields: { path: inputs[0]!.embeddings } },
      );
    } else if (head.dimension !== dimension) {
      throw new HeadError(
        'BB_HEAD_MISMATCH',
        `The head ${head.name} takes embeddings of ${head.dimension} dimensions, but those of ${inputs[0]!.embeddings} ` +
          `have ${dimension}. Give a head that was trained on the encoder that made them.`,
        { fields: { head: head.name, dimension } },
      );
    }
  }
  if (!normalise && requiresUnitNorm(heads)) refuseUnnormalised(heads, plan);
}

/** Scores in the unit of a label, and spreads, have a column of their own, whose name another one may have. */
function refuseSameColumns(heads: readonly ColumnHead[]): void {
  const taken = new Set<string>([
    ...LEADING_COLUMNS,
    ...TRAILING_COLUMNS,
    ...heads.map(({ column }) => column),
  ]);
  const further = [
    ...labelledColumns(heads).map(({ name, label }) => ({ name, holds: `scores in ${label.unit}` })),
    ...spreadColumns(heads).map(({ name }) => ({ name, holds: 'the spread of an ensemble' })),
  ];
  for (const { name, holds } of further) {
    if (taken.has(name))
      throw new BowerbirdError(
        'BB_USAGE',
        `There would be two columns ${name}, of which one holds ${holds}. Choose another name in --extra-head.`,
        { fields: { column: name } },
      );
    taken.add(name);
  }
}

/** Whether any of the heads was trained on embeddings of length 1. */
export function requiresUnitNorm(heads: readonly ColumnHead[]): boolean {
  return heads.some(({ head }) => head.requiresUnitNorm);
}

/** A few odd rows are failed rows; a file of them was never normalised, and its scores would be wrong throughout. */
function refuseUnnormalised(heads: readonly ColumnHead[], { inputs }: RescorePlan): void {
  const wrong = inputs.find(({ sample }) => sample.notUnit > sample.measured / 2);
  if (!wrong) return;
  const { measured, notUnit, firstLength } = wrong.sample;
  const { name } = heads.find(({ head }) => head.requiresUnitNorm)!.head;
  throw new HeadError(
    'BB_HEAD_MISMATCH',
    `The embeddings of ${wrong.embeddings} are not normalised: of ${measured} rows looked at, ${notUnit} are not of length 1 ` +
      `(the first has ${firstLength!.toPrecision(4)}), and the head ${name} was trained on embeddings of length 1. ` +
      'Give --normalize to bring them to length 1 before they are scored.',
    { fields: { path: wrong.embeddings, head: name, measured, notUnit } },
  );
}
