import { BowerbirdError } from '../base/errors.ts';
import type { FoundInput } from './inputs.ts';
import { isDialectGiven, type TextOptions } from './text-options.ts';

/** @throws BowerbirdError BB_USAGE for what is said of files that are not among the inputs */
export function refuseIdleDialect(found: readonly Pick<FoundInput, 'format'>[], text: TextOptions): void {
  const isText = found.some(({ format }) => format !== 'parquet');
  const isDelimited = found.some(({ format }) => format === 'csv' || format === 'tsv');
  if (isDialectGiven(text) && !isDelimited) {
    throw new BowerbirdError(
      'BB_USAGE',
      '--delimiter, --quote and --no-header are for CSV and TSV; no input is either.',
    );
  }
  if (text.encoding !== undefined && !isText) {
    throw new BowerbirdError('BB_USAGE', '--encoding is for text inputs; no input is one.');
  }
}
