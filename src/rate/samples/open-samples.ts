import { readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { outputKindOf, subsetsIn } from '../../base/output-kinds.ts';
import type { RateOptions } from '../options.ts';
import { openInputSamples } from './input-samples.ts';
import type { RatedSamples } from './rated-samples.ts';
import { openRowSamples } from './row-samples.ts';

/** Opens what a path stands for. @throws BowerbirdError as `openRowSamples`, `openInputSamples` */
export function openSamples(options: RateOptions): Promise<RatedSamples> {
  const source = resolve(options.source);
  const isWritten =
    outputKindOf(source) !== undefined || isOneOfSubsets(source) || subsetsIn(source).length > 0;
  return isWritten ? openRowSamples(options) : openInputSamples(options);
}

/** Several subsets of one scan share the file that makes them subsets. */
function isOneOfSubsets(folder: string): boolean {
  if (outputKindOf(dirname(folder)) !== 'a subset') return false;
  try {
    return readdirSync(folder).some((name) => /^part-\d+-.*\.parquet$/.test(name));
  } catch {
    return false;
  }
}
