import type { ConvertedModel } from '../models/convert/convert-weights.ts';
import type { ConversionSpec } from '../models/convert/spec.ts';
import type { Command, Invocation } from './command.ts';
import { CONVERT_FLAGS, conversionSpec } from './convert-flags.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';

const MB = 1e6;
const PROGRESS_EVERY_MS = 2000;

/** `bowerbird models convert` */
export const MODELS_CONVERT: Command = {
  examples: [
    [
      'models convert clip-vit-large-patch14/model.safetensors --to ViT-L-14',
      'With the config.json beside the weights',
    ],
    ['models convert ViT-H-14.safetensors --to ViT-H-14 --activation gelu', 'Without one'],
  ],
  docs: 'docs/encoders.md',
  flags: CONVERT_FLAGS,
  extend: (parser) =>
    parser.positional('weights', {
      type: 'string',
      demandOption: true,
      describe: 'File of weights, index of several, or folder with one of these',
    }),
  run: convertCommand,
};

/**
 * Runs `models convert`; gives the exit code.
 *
 * @throws BowerbirdError as `convertWeights`, BB_USAGE
 */
async function convertCommand({ values, parsed }: Invocation): Promise<number> {
  if (!values['to']) throw usageError('models convert needs --to: the folder for the model.');
  const { convertWeights } = await import('../models/convert/convert-weights.ts');
  const spec = { ...conversionSpec(values), ...(await goldenOf(values)) };
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const model = await convertWeights(parsed['weights'] as string, spec, values['to'] as string, {
          signal,
          onProgress: showProgress(),
        });
        process.stdout.write(values['json'] === true ? `${JSON.stringify(model)}\n` : describe(model));
        return 0;
      } catch (thrown) {
        if (!signal.aborted || thrown !== signal.reason) throw thrown;
        process.stderr.write('Interrupted. Nothing was written.\n');
        return 130;
      }
    },
  );
}

async function goldenOf(values: FlagValues): Promise<Pick<ConversionSpec, 'golden'>> {
  const path = values['golden'] as string | undefined;
  if (path === undefined) return {};
  const { readGolden } = await import('../models/golden.ts');
  return { golden: await readGolden(path) };
}

function showProgress(): (writtenBytes: number, allBytes: number) => void {
  let shownAtMs = Date.now();
  return (writtenBytes, allBytes) => {
    if (Date.now() - shownAtMs < PROGRESS_EVERY_MS) return;
    shownAtMs = Date.now();
    process.stderr.write(`${(writtenBytes / MB).toFixed(0)} of ${(allBytes / MB).toFixed(0)} MB\n`);
  };
}

function describe(model: ConvertedModel): string {
  const { modelPath, family, title, dimension, score, parameters, digest } = model;
  return [
    modelPath,
    `family      ${family}`,
    `model       ${title}`,
    `rows        ${dimension} value${dimension === 1 ? '' : 's'}`,
    ...(score ? [`score       ${describeScore(score)}`] : []),
    `parameters  ${(parameters / MB).toFixed(1)} million`,
    `sha256      ${digest}`,
    '',
  ].join('\n');
}

function describeScore({
  tag,
  class: place,
  activation,
  label,
}: NonNullable<ConvertedModel['score']>): string {
  const made = activation === 'none' ? `value ${place}` : `${activation} of value ${place}`;
  return `${tag}: ${made}${label ? `, ${label.transform} of ${label.unit}` : ''}`;
}
