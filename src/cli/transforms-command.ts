import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { OutputFile } from '../base/output-file.ts';
import { packageVersion } from '../base/package.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { distributionsOf } from '../scores/distribution.ts';
import { type CountGrid, errorsOfTransforms, type TransformErrors } from '../scores/label-errors.ts';
import { inferFormat } from '../tables/formats.ts';
import { type Command, commandLine, type Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { rowsProgress } from './rows-progress.ts';
import { textReading } from './text-flags.ts';
import { TRANSFORMS_FLAGS } from './transforms-flags.ts';
import { describeTransforms, type FittedColumn, transformsJson } from './transforms-view.ts';

/** `bowerbird transforms` */
export const TRANSFORMS: Command = {
  examples: [
    ['transforms --from 200 --to 20000', 'Errors over a range of counts'],
    [
      'transforms --fit posts.parquet --column likes --html transforms.html',
      'Which transform suits a column',
    ],
  ],
  docs: 'docs/transforms.md',
  flags: TRANSFORMS_FLAGS,
  run: transformsCommand,
};

/** @throws BowerbirdError BB_USAGE, those of `readCountColumn`, BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL */
function transformsCommand(invocation: Invocation): Promise<number> {
  const { values } = invocation;
  const grid = gridOf(values);
  const error = values['error'] as number;
  if ((values['fit'] === undefined) !== (values['column'] === undefined)) {
    throw usageError('--fit FILE and --column NAME go together.');
  }
  const errors = errorsOfTransforms(grid, error);
  if (errors.some(({ mean }) => Number.isNaN(mean))) {
    throw usageError(
      `With --to ${grid.to} and --error ${error} scores stand for more than 2^53, where nobody counts. Lower one of them.`,
    );
  }
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const fit = await fittedColumn(values, signal);
        const html = values['html'] as string | undefined;
        if (html !== undefined) await writePage(html, { errors, fit, invocation });
        const result = { grid, error, errors, fit };
        process.stdout.write(values['json'] === true ? transformsJson(result) : describeTransforms(result));
        return 0;
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write('Interrupted.\n');
        return 130;
      }
    },
  );
}

function gridOf(values: FlagValues): CountGrid {
  const { from, to, points, spacing } = values as unknown as CountGrid;
  if (from >= to) throw usageError(`--from ${from} must be less than --to ${to}.`);
  if (spacing === 'log' && from === 0) throw usageError('--spacing log needs --from above 0.');
  return { from, to, points, spacing };
}

async function fittedColumn(values: FlagValues, signal: AbortSignal): Promise<FittedColumn | undefined> {
  const path = values['fit'] as string | undefined;
  if (path === undefined) return undefined;
  const column = values['column'] as string;
  const { text, untoldFormat } = textReading(values);
  const format = inferFormat(path) ?? untoldFormat;
  if (format === undefined || format === 'txt') {
    throw new BowerbirdError(
      'BB_INPUT_FORMAT',
      `What ${path} holds does not show in its name. Say it with --input-format.`,
      {
        fields: { path },
      },
    );
  }
  const { readCountColumn } = await import('../tables/count-column.ts');
  const temporaryFolder = await makeTemporaryFolder('transforms');
  try {
    const { counts, ...found } = await readCountColumn({ path: resolve(path), format }, column, {
      text: text ?? {},
      temporaryFolder,
      signal,
      onNote: (note) => process.stderr.write(`${note}\n`),
      onProgress: rowsProgress('reading'),
    });
    return { path, column, ...found, counts: counts.length, distributions: distributionsOf(counts) };
  } finally {
    await rm(temporaryFolder, { recursive: true, force: true });
  }
}

interface PageParts {
  readonly errors: readonly TransformErrors[];
  readonly fit: FittedColumn | undefined;
  readonly invocation: Invocation;
}

async function writePage(path: string, { errors, fit, invocation }: PageParts): Promise<void> {
  const { values, args } = invocation;
  const file = await OutputFile.open(path, true, fit ? [fit.path] : []);
  const { renderTransformsPage } = await import('../report/transforms-page.ts');
  const page = await renderTransformsPage({
    error: values['error'] as number,
    isLogGrid: values['spacing'] === 'log',
    errors,
    fit: fit ? { column: fit.column, rows: fit.counts, distributions: fit.distributions } : null,
    command: commandLine(args),
    bowerbirdVersion: packageVersion,
  });
  await file.writeWhole(page);
}
