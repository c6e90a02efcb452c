import { availableParallelism } from 'node:os';
import type { EncoderCheck } from '../embed/check-encoder.ts';
import type { ModelLibrary } from '../models/library/library.ts';
import type { Device } from '../pipeline/config.ts';
import type { Command, Invocation } from './command.ts';
import { type FlagTable, usageError } from './flags.ts';
import { libraryOptions, MODELS_FETCH_FLAGS } from './models-flags.ts';

const FLAGS: FlagTable = {
  ...MODELS_FETCH_FLAGS,
  device: {
    group: 'Encoder:',
    type: 'string',
    choices: ['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu'],
    default: 'auto',
    describe: 'Where the encoder runs; all but `auto` fail when they cannot',
  },
  'batch-sizes': {
    group: 'Encoder:',
    type: 'list',
    default: '1,8,32',
    describe: 'Images in one batch; each is tried',
  },
  'encoder-threads': {
    group: 'Encoder:',
    type: 'integer',
    min: 1,
    max: 512,
    default: Math.max(1, Math.ceil(availableParallelism() / 2)),
    describe: 'CPU threads of the encoder',
  },
};

/** Embeddings of noise are alike in part; as good as equal ones are those of a model that does not look at it. */
const SAME_COSINE = 0.999_999;

/** `bowerbird models check` */
export const MODELS_CHECK: Command = {
  usage: 'check <model>',
  describe:
    'Check the files of a model, run an encoder on seeded pictures, and time it; ends with 1 where something is wrong',
  examples: [['models check ViT-L-14', 'Digests, dimension, batches and speed']],
  docs: 'docs/models.md',
  flags: FLAGS,
  extend: (parser) =>
    parser.positional('model', {
      type: 'string',
      demandOption: true,
      describe: 'A name of an encoder or head, or the path of an encoder',
    }),
  run: checkCommand,
};

async function checkCommand({ values, parsed }: Invocation): Promise<number> {
  const batchSizes = (values['batch-sizes'] as string[]).map(Number);
  if (
    !batchSizes.every((size) => Number.isInteger(size) && size >= 1 && size <= 4096) ||
    batchSizes.length === 0
  )
    throw usageError('--batch-sizes takes whole numbers from 1 to 4096, parted by commas.');
  const isJson = values['json'] === true;
  const { ModelLibrary: Library } = await import('../models/library/library.ts');
  const library = await Library.open(libraryOptions(values, (note) => process.stderr.write(`${note}\n`)));
  try {
    const path = await checkFiles(library, parsed['model'] as string, isJson);
    if (path === undefined) return 0;
    const { resolveEncoder } = await import('../models/registry.ts');
    const { checkEncoder } = await import('../embed/check-encoder.ts');
    const check = await checkEncoder(await resolveEncoder(path), {
      device: values['device'] as Device,
      threads: values['encoder-threads'] as number,
      batchSizes,
    });
    const problems = problemsOf(check);
    process.stdout.write(isJson ? `${JSON.stringify({ ...check, problems })}\n` : describe(check, problems));
    return problems.length === 0 ? 0 : 1;
  } finally {
    await library.close();
  }
}

/** Checks what was fetched; gives the path of an encoder, which is to be run. */
async function checkFiles(
  library: ModelLibrary,
  nameOrPath: string,
  isJson: boolean,
): Promise<string | undefined> {
  const { isHere } = await import('../models/library/finder.ts');
  if (isHere(nameOrPath)) return nameOrPath;
  let path: string | undefined;
  for (const entry of library.called(nameOrPath)) {
    const { fetched } = await library.verify(entry);
    if (entry.kind === 'encoder') path = await library.prepare(entry);
    else if (isJson) process.stdout.write(`${JSON.stringify({ name: entry.name, files: fetched })}\n`);
    else process.stdout.write(`${entry.name} is whole: ${fetched.map(({ file }) => file).join(', ')}\n`);
  }
  return path;
}

function problemsOf({ batches, greatestCosine, problem }: EncoderCheck): string[] {
  const dependent = batches.filter(({ batchInvariant }) => !batchInvariant);
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(greatestCosine > SAME_COSINE ? ['Different pictures have the same embedding.'] : []),
    ...dependent.map(
      ({ batchSize }) => `In batches of ${batchSize} an image's embedding depends on its neighbours.`,
    ),
  ];
}

function describe(check: EncoderCheck, problems: readonly string[]): string {
  return [
    `${check.name}, sha256 ${check.digest}`,
    `${check.dimension} values, on ${check.provider}`,
    ...check.batches.map(
      ({ batchSize, imagesPerSecond }) => `batches of ${batchSize}: ${imagesPerSecond.toFixed(1)} images/s`,
    ),
    ...(problems.length === 0 ? ['Nothing is wrong with it.'] : problems),
    '',
  ].join('\n');
}
