import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { outputFailure } from '../base/output-file.ts';
import { requirePlainFile } from '../base/plain-file.ts';
import { bytesInMemory } from '../weights/byte-source.ts';
import { readSafetensors } from '../weights/safetensors.ts';
import { readValues } from '../weights/stored-tensor.ts';
import { safetensors } from '../weights/write-safetensors.ts';
import { valuesOf } from './inference-graph.ts';
import type { Look } from './looks.ts';
import { type NetworkShape, parametersOf } from './shape.ts';
import { emptyState, type TrainingState } from './state.ts';

/** How far a training is at the end of an epoch. Its next order and dropout follow from the seed and the epoch. */
export interface Checkpoint {
  readonly state: TrainingState;
  /** float32: the weights of the best look so far. */
  readonly best: Float32Array;
  readonly looks: readonly Look[];
}

/** By what it is seen whether a checkpoint is of the same training: names and values, as text. */
export type Settings = Readonly<Record<string, string>>;

/** Looks lie in the header: of ten thousand epochs 3 MB. */
const LIMITS = { safetensorsHeaderBytes: 64 * 2 ** 20, pickleBytes: 0, zipEntries: 0 };

/** Stands in the header for the SHA-256 of the file's bytes while that is reckoned. */
const UNSEALED = '0'.repeat(64);
const SEAL_KEY = '"sha256":"';

const FIELDS = ['weight', 'sum', 'squares', 'best'] as const;

/** Replaces the checkpoint at once, or not at all. @throws BowerbirdError BB_OUTPUT_WRITE, BB_DISK_FULL */
export async function writeCheckpoint(
  path: string,
  { state, best, looks }: Checkpoint,
  { shape, settings }: { readonly shape: NetworkShape; readonly settings: Settings },
): Promise<void> {
  const parts = { ...state, best };
  const tensors = FIELDS.flatMap((field) =>
    parametersOf(shape).map((parameter) => ({
      name: `${field}/${parameter.name}`,
      shape: parameter.dimensions,
      values: valuesOf(parameter, parts[field]),
    })),
  );
  const metadata = {
    ...{ sha256: UNSEALED, format: 'bowerbird-cnn-checkpoint', version: '2' },
    settings: JSON.stringify(settings),
    looks: JSON.stringify(looks),
  };
  try {
    await writeFileAtomic(path, sealed(Buffer.from(safetensors(tensors, metadata))));
  } catch (thrown) {
    throw outputFailure(path, thrown);
  }
}

/** What a checkpoint holds, and the settings that differ from those that are wanted, a phrase each. */
export interface FoundCheckpoint extends Checkpoint {
  readonly differences: readonly string[];
}

/**
 * Reads a checkpoint; undefined where there is none.
 *
 * @throws BowerbirdError BB_INPUT_FORMAT where it is damaged
 */
export function readCheckpoint(
  path: string,
  { shape, settings }: { readonly shape: NetworkShape; readonly settings: Settings },
): FoundCheckpoint | undefined {
  if (!existsSync(path)) return undefined;
  try {
    requirePlainFile(path);
    const bytes = readFileSync(path);
    const { tensors, metadata } = readSafetensors(bytesInMemory(bytes), LIMITS);
    if (metadata['format'] !== 'bowerbird-cnn-checkpoint' || metadata['version'] !== '2')
      throw new RangeError('it is no checkpoint of this version');
    if (!sealed(Buffer.from(bytes)).equals(bytes))
      throw new RangeError('its bytes are not those that were written');
    const found = JSON.parse(metadata['settings'] ?? '') as Settings;
    const looks = JSON.parse(metadata['looks'] ?? '') as Look[];
    const names = [...new Set([...Object.keys(settings), ...Object.keys(found)])];
    const differences = names
      .filter((name) => found[name] !== settings[name])
      .map((name) => `${name} was ${found[name] ?? 'not given'} and is ${settings[name] ?? 'not given'}`);
    const state = { ...emptyState(shape), best: emptyState(shape).weight };
    if (differences.length === 0)
      for (const field of FIELDS)
        for (const parameter of parametersOf(shape)) {
          const tensor = tensors.get(`${field}/${parameter.name}`);
          if (tensor?.shape.join() !== parameter.dimensions.join())
            throw new RangeError(`its tensor ${field}/${parameter.name} is missing`);
          readValues(tensor, valuesOf(parameter, state[field]));
        }
    return { state, best: state.best, looks, differences };
  } catch (thrown) {
    throw new BowerbirdError(
      'BB_INPUT_FORMAT',
      `The checkpoint ${path} cannot be gone on with: ${messageOf(thrown)}. Remove it to begin anew.`,
      { cause: thrown, fields: { path } },
    );
  }
}

/** Puts the SHA-256 of a checkpoint, in which it is zeros, in its place; the buffer is changed. The metadata come first, where quotes within texts are escaped. */
function sealed(bytes: Buffer): Buffer {
  const place = bytes.indexOf(SEAL_KEY) + SEAL_KEY.length;
  bytes.write(UNSEALED, place, 'latin1');
  bytes.write(createHash('sha256').update(bytes).digest('hex'), place, 'latin1');
  return bytes;
}
