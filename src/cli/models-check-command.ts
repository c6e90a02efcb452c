import { availableParallelism } from 'node:os';
import type { HeadCheck } from '../check/head-check.ts';
import type { ModelCheck } from '../check/model-check.ts';
import type { Device } from '../pipeline/config.ts';
import { withUrls } from '../storage/copied-urls.ts';
import type { Command, Invocation } from './command.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { findSubjects, type Subject } from './models-check-subjects.ts';
import { describeHeadCheck, describeModelCheck } from './models-check-view.ts';
import { libraryOptions, MODELS_FETCH_FLAGS } from './models-flags.ts';

const FLAGS: FlagTable = {
  ...MODELS_FETCH_FLAGS,
  golden: {
    group: 'Model:',
    type: 'string',
    describe:
      "Rows that its own library gives for the golden pictures (docs/models.md), instead of the manifest's",
  },
  device: {
    group: 'Model:',
    type: 'string',
    choices: ['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu'],
    default: 'auto',
    describe: 'Where the model runs; all but `auto` fail when they cannot',
  },
  'batch-sizes': {
    group: 'Model:',
    type: 'list',
    default: '1,8,32',
    describe: 'Images in one batch; each is tried',
  },
  'encoder-threads': {
    group: 'Model:',
    type: 'integer',
    min: 1,
    max: 512,
    default: Math.max(1, Math.ceil(availableParallelism() / 2)),
    describe: 'CPU threads of the model',
  },
  'encoder-timeout': {
    group: 'Model:',
    type: 'integer',
    min: 1,
    max: 86_400,
    default: 600,
    describe: 'Seconds for loading the model; the most that a batch may take',
  },
};

/** `bowerbird models check` */
export const MODELS_CHECK: Command = {
  examples: [
    ['models check ViT-L-14', 'Digests, batches, speed, memory, usual mistakes'],
    ['models check ViT-L-14 --golden golden.json', 'Also whether it gives what its own library gives'],
  ],
  docs: 'docs/models.md',
  flags: FLAGS,
  remoteInputs: ['model'],
  extend: (parser) =>
    parser.positional('model', {
      type: 'string',
      demandOption: true,
      describe: 'A name, or the path of an ONNX model, of weights or of a head',
    }),
  run: checkCommand,
};

async function checkCommand({ values, parsed }: Invocation): Promise<number> {
  const batchSizes = batchSizesOf(values);
  return withInterrupt(
    () => note('Stopping (once more Ctrl-C: leave at once) ...'),
    async (signal) => {
      try {
        return await Promise.race([
          checkAll(parsed['model'] as string, { values, batchSizes, signal }),
          whenAborted(signal),
        ]);
      } catch (thrown) {
        if (!signal.aborted || thrown !== signal.reason) throw thrown;
        note('Interrupted.');
        return 130;
      }
    },
  );
}

function batchSizesOf(values: FlagValues): number[] {
  const batchSizes = (values['batch-sizes'] as string[]).map(Number);
  const areSound = batchSizes.every((size) => Number.isInteger(size) && size >= 1 && size <= 4096);
  if (areSound && batchSizes.length > 0) return batchSizes;
  throw usageError('--batch-sizes takes whole numbers from 1 to 4096, parted by commas.');
}

/** A model that runs is not waited for: its process ends with this one. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** What the command line asks for. */
interface Wanted {
  readonly values: FlagValues;
  readonly batchSizes: readonly number[];
  readonly signal: AbortSignal;
}

async function checkAll(model: string, wanted: Wanted): Promise<number> {
  const { values, signal } = wanted;
  const isJson = values['json'] === true;
  let problems = 0;
  for (const subject of await findSubjects(model, { ...libraryOptions(values, note), signal })) {
    const check = subject.isHead ? await headCheck(subject, wanted) : await modelCheck(subject, wanted);
    problems += check.problems.length;
    process.stdout.write(withUrls(isJson ? `${JSON.stringify(check)}\n` : describe(check)));
  }
  return problems === 0 ? 0 : 1;
}

function describe(check: ModelCheck | HeadCheck): string {
  return 'batches' in check ? describeModelCheck(check) : describeHeadCheck(check);
}

async function headCheck({ path }: Subject, { values }: Wanted): Promise<HeadCheck> {
  if (values['golden'] !== undefined)
    throw usageError(`--golden is for models that take images; ${path} is a head.`);
  const { checkHead } = await import('../check/check-head.ts');
  return checkHead(path);
}

async function modelCheck({ path }: Subject, { values, batchSizes }: Wanted): Promise<ModelCheck> {
  const { resolveImageModel } = await import('../models/registry.ts');
  const { readGolden } = await import('../models/golden.ts');
  const { checkModel } = await import('../check/check-model.ts');
  const files = await resolveImageModel(path);
  const goldenFile = values['golden'] as string | undefined;
  return checkModel(files, {
    device: values['device'] as Device,
    threads: values['encoder-threads'] as number,
    timeoutMs: 1000 * (values['encoder-timeout'] as number),
    batchSizes,
    onStep: (step) => note(`${files.name}: ${step}`),
    ...(goldenFile === undefined ? {} : { golden: await readGolden(goldenFile, files.manifest.dimension) }),
  });
}

function note(text: string): void {
  process.stderr.write(`${withUrls(text)}\n`);
}
