import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { TableError } from '../errors.ts';
import { fixedFolder } from './braces.ts';

/** The folder or file that a command writes, which is none of its inputs. */
export interface OwnOutput {
  readonly path: string;
  /** The URL that it is brought to once it is whole, without `/` at its end. */
  readonly url?: string | undefined;
  /** Whether the command writes a file of this path in the folder; where not given, it writes them all. */
  readonly writes?: ((folder: string, path: string) => boolean) | undefined;
}

/**
 * Of the files that an input stands for, those that are not the command's own output: what it would write itself, and
 * all in the output folder where that lies within the input. A folder that inputs are named in is none of the second kind.
 *
 * @param isNamed whether the input is that one file
 * @throws TableError BB_OUTPUT_FOLDER where a file is named that the command would write over
 */
export function withoutOwnOutput<File extends { readonly path: string }>(
  input: string,
  files: readonly File[],
  isNamed: boolean,
  output: OwnOutput | undefined,
): File[] {
  if (!output || !existsSync(output.path)) return [...files];
  const folder = realpathSync(output.path);
  const isWithin = (path: string): boolean => path === folder || path.startsWith(folder + sep);
  const isNamedWithin = isWithin(isNamed ? realPath(resolve(input)) : realBase(input));
  return files.filter(({ path }) => {
    const real = realPath(path);
    if (!isWithin(real)) return true;
    const isWritten = output.writes ? output.writes(folder, real) : true;
    if (isNamed && isWritten) throw overwritten(path, output.path);
    return isNamedWithin && !isWritten;
  });
}

function overwritten(path: string, output: string): TableError {
  return new TableError(
    'BB_OUTPUT_FOLDER',
    `${path} is an input, and this command would write over it: it writes ${output}. Choose another output.`,
    { fields: { path, output } },
  );
}

function realPath(path: string): string {
  const folder = dirname(path);
  return join(existsSync(folder) ? realpathSync(folder) : folder, basename(path));
}

/** The folder that an input is, or that a pattern starts from. */
function realBase(input: string): string {
  const whole = existsSync(input) ? resolve(input) : fixedFolder(input);
  return existsSync(whole) ? realpathSync(whole) : whole;
}
