import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ExecutionContext } from 'ava';
import { BowerbirdError, type ErrorCode } from '../../src/base/errors.ts';
import { listFiles } from '../../src/base/files.ts';
import type { Variant } from '../../src/models/convert/spec.ts';
import type { LocalModel } from '../../src/models/library/fetch-entry.ts';
import { ModelLibrary } from '../../src/models/library/library.ts';
import type { TransferProgress } from '../../src/models/library/transfer.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { type MirroredFile, type ModelMirror, startModelMirror } from '../helpers/model-mirror.ts';

/** The address of the file of `weights` in a registry, and its path on the mirror. */
export const WEIGHTS_URL = 'https://models.example.org/weights.bin';
const WEIGHTS_PATH = '/models.example.org/weights.bin';

/** A head by which files are fetched in tests: its bytes are looked at by nobody. */
export function headOf(
  files: readonly Record<string, unknown>[],
  changes: Record<string, unknown> = {},
): object {
  return {
    name: 'test-head',
    kind: 'head',
    description: 'a head of a test',
    licence: 'none',
    files,
    tag: 'aesthetic',
    encoder: 'test-encoder',
    ...changes,
  };
}

/** An encoder that is published as ONNX. */
export function encoderOf(
  files: readonly Record<string, unknown>[],
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    name: 'test-encoder',
    kind: 'encoder',
    description: 'an encoder of a test',
    licence: 'none',
    files,
    input_size: 8,
    transform: 'clip',
    interpolation: 'bicubic',
    mean: [0, 0, 0],
    std: [1, 1, 1],
    activation: 'gelu',
    dimension: 3,
    ...changes,
  };
}

export interface LibraryWorld {
  readonly folder: string;
  readonly cache: string;
  /** The registry of the entries. */
  readonly registryFile: string;
  readonly mirror: ModelMirror;
  /** What was waited for between tries, in ms. */
  readonly pauses: number[];
  readonly notes: string[];
  readonly progress: TransferProgress[];
  /** A library over the cache, as another command would open it. */
  open(options?: OpenOptions): Promise<ModelLibrary>;
}

export interface OpenOptions {
  readonly isOffline?: boolean;
  readonly signal?: AbortSignal;
  readonly variant?: Variant;
  readonly environment?: Readonly<Record<string, string>>;
  /** The mirror stands for the hub itself, not for a mirror. */
  readonly isHub?: boolean;
  readonly onProgress?: (progress: TransferProgress) => void;
}

/** Fetches `test-head` as a command of its own would. */
export async function fetchHead(world: LibraryWorld, options?: OpenOptions): Promise<LocalModel> {
  const library = await world.open(options);
  return library.fetch(library.called('test-head')[0]!);
}

/** Fetches `test-head`, which must end with an error of this code. */
export async function fetchFails(
  t: ExecutionContext,
  world: LibraryWorld,
  code: ErrorCode,
  options?: OpenOptions,
): Promise<BowerbirdError> {
  return (await t.throwsAsync(fetchHead(world, options), { instanceOf: BowerbirdError, code }))!;
}

/** What lies in the folder of models, by paths within it. */
export async function filesInCache({ cache }: LibraryWorld): Promise<string[]> {
  const folder = join(cache, 'models');
  return (await listFiles(folder)).map((path) => relative(folder, path)).sort();
}

/** A cache, a mirror that has `weights.bin`, and a registry of the given entries. No test waits between tries. */
export async function makeLibraryWorld(
  t: ExecutionContext,
  entries: readonly object[],
  weights?: MirroredFile,
): Promise<LibraryWorld> {
  const folder = await makeFolder(t);
  const mirror = await startModelMirror(t);
  if (weights) mirror.files.set(WEIGHTS_PATH, weights);
  const registryFile = join(folder, 'registry.json');
  await writeFile(registryFile, JSON.stringify({ version: 1, models: entries }));
  const pauses: number[] = [];
  const notes: string[] = [];
  const progress: TransferProgress[] = [];
  const cache = join(folder, 'cache');
  const open = async ({
    isOffline = false,
    isHub,
    signal,
    variant,
    onProgress,
    environment,
  }: OpenOptions = {}): Promise<ModelLibrary> => {
    const library = await ModelLibrary.open(
      {
        registryFile,
        isOffline,
        signal,
        variant,
        network: isHub ? { allowPrivateAddresses: true } : {},
        environment: {
          BOWERBIRD_CACHE: cache,
          HF_HOME: folder,
          ...(!isHub && { BOWERBIRD_MODEL_MIRROR: mirror.origin }),
          ...environment,
        },
        onNote: (note) => notes.push(note),
        onProgress: onProgress ?? ((each) => progress.push(each)),
      },
      {
        ...(isHub && { hubOrigin: mirror.origin }),
        sleep: async (ms) => {
          signal?.throwIfAborted();
          pauses.push(ms);
        },
      },
    );
    t.teardown(() => library.close());
    return library;
  };
  return { folder, cache, registryFile, mirror, pauses, notes, progress, open };
}
