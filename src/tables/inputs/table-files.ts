import { basename } from 'node:path';
import { type FoundInput, type InputFormat, inferFormat } from '../formats.ts';
import { withoutSidecars } from './sidecar-names.ts';

/** How the formats of files are told. */
export interface FormatSearch {
  /** What every file holds, whatever its name. */
  readonly inputFormat?: InputFormat | undefined;
  /** What a file holds whose name does not tell it. */
  readonly untoldFormat?: InputFormat | undefined;
}

/** What a file that is named outright holds; undefined where neither its name nor a person says it. */
export function formatOf(path: string, { inputFormat, untoldFormat }: FormatSearch): InputFormat | undefined {
  return inputFormat ?? inferFormat(path) ?? untoldFormat;
}

/** The same of one that was found in a folder or by a pattern: `_SUCCESS`, `_metadata` and other markers of Spark and Hadoop are none, whatever a person says of all files. */
export function listedFormat(path: string, search: FormatSearch): InputFormat | undefined {
  const isMarker = basename(path).startsWith('_') && inferFormat(path) === undefined;
  return isMarker ? undefined : formatOf(path, search);
}

/**
 * Of tables that were found those that are inputs: no sidecars of others, and no `.json` beside other formats, which mostly describes them (dataset_info.json, 00000_stats.json).
 *
 * @param pattern that they were found by, which may name `.json`; undefined for a folder
 */
export function inputsAmong(
  files: readonly FoundInput[],
  pattern: string | undefined,
): readonly FoundInput[] {
  const own = withoutSidecars(files);
  if (pattern !== undefined && /json(\.gz|\.zst)?$/i.test(pattern)) return own;
  const others = own.filter(({ path, format }) => format !== 'json' || inferFormat(path) !== 'json');
  return others.length > 0 ? others : own;
}
