import { quote } from '../base/quote.ts';
import type { ByteSource } from './byte-source.ts';
import type { ReaderLimits } from './limits.ts';
import { BYTES_PER_VALUE } from './number-types.ts';
import { type PickleDict, PickleTensor, type PickleValue } from './pickle-values.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { unpickle } from './unpickler.ts';
import { ZipArchive } from './zip-archive.ts';

const PICKLE_NAME = '/data.pkl';
/** What torch.jit.save writes and torch.save does not. */
const PROGRAM_PART = '/constants.pkl';
const OLD_PICKLE_START = 0x80;

/**
 * The tensors of a state dict saved by torch.save (1.6 or later), by name; none has been read. Of a TorchScript program, as
 * OpenAI publishes CLIP, its parameters, and of a training checkpoint, as open_clip writes it, the state dict, where the caller
 * wants these. Nothing in the file is executed.
 *
 * @throws RangeError saying what the file has that a state dict does not have
 */
export function readTorchCheckpoint(source: ByteSource, limits: ReaderLimits): Map<string, StoredTensor> {
  refuseOldFormat(source);
  const archive = new ZipArchive(source, limits);
  const root = findRoot(archive);
  checkByteOrder(archive.read(`${root}/byteorder`));
  const isScript = [...archive.names].includes(root + PROGRAM_PART);
  if (isScript && !limits.readsPrograms)
    throw new RangeError('it is a TorchScript program; save the state dict alone');
  const pickle = archive.read(root + PICKLE_NAME)!;
  const readsData = limits.readsCheckpoints;
  const dict = unpickle(pickle, { maxBytes: limits.pickleBytes, isScript, readsData });
  if (!(dict instanceof Map)) throw new RangeError('its pickle is no state dict');
  const tensors = isScript ? parametersOf(dict) : tensorsOf(readsData ? stateDictOf(dict) : dict);
  return new Map([...tensors].map(([name, tensor]) => [name, locate(name, tensor, { archive, root })]));
}

/** What open_clip, timm and Lightning call the weights among what they save of a training. */
const STATE_DICT = 'state_dict';

/** The weights of a training checkpoint, or what is there where it is none. Of several weights nobody says which are meant. */
function stateDictOf(dict: PickleDict): PickleDict {
  const stateDict = dict.get(STATE_DICT);
  if (!(stateDict instanceof Map)) return dict;
  const others = [...dict].filter(([, value]) => value !== stateDict && isStateDict(value));
  if (others.length === 0) return stateDict;
  const names = [STATE_DICT, ...others.map(([name]) => String(name))].map(quote).join(', ');
  throw new RangeError(`it holds several state dicts (${names}); save the one that is meant alone`);
}

function isStateDict(value: PickleValue): boolean {
  return (
    value instanceof Map &&
    value.size > 0 &&
    [...value.values()].every((part) => part instanceof PickleTensor)
  );
}

function tensorsOf(dict: PickleDict): Map<string, PickleTensor> {
  for (const [name, value] of dict) {
    if (!(value instanceof PickleTensor))
      throw new RangeError(`its entry ${quote(String(name))} is no tensor; save the state dict alone`);
    if (typeof name !== 'string') throw new RangeError(`its tensor ${name} has a number for a name`);
  }
  return dict as Map<string, PickleTensor>;
}

/**
 * The parameters of a TorchScript program by the names that its state dict would give them: each module holds its own and other
 * modules. What else a module holds (settings, flags) is no tensor and is left out.
 */
function parametersOf(program: PickleDict): Map<string, PickleTensor> {
  const found = new Map<string, PickleTensor>();
  const seen = new Set<PickleDict>();
  const waiting: [prefix: string, module: PickleDict][] = [['', program]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [prefix, module] = next;
    // A module that is in two places, or in itself, could be written out without end.
    if (seen.has(module)) throw new RangeError('a module of its program is in more than one place');
    seen.add(module);
    for (const [name, value] of module) {
      if (value instanceof PickleTensor) found.set(prefix + name, value);
      else if (value instanceof Map) waiting.push([`${prefix}${name}.`, value]);
    }
  }
  return found;
}

function refuseOldFormat(source: ByteSource): void {
  if (source.sizeBytes === 0 || source.read(0, 1)[0] !== OLD_PICKLE_START) return;
  throw new RangeError(
    'it is in the format before torch 1.6; load and torch.save it again with a newer torch',
  );
}

/** The folder in the archive is named after the file that torch.save was given first. */
function findRoot(archive: ZipArchive): string {
  const names = [...archive.names].filter((name) => name.endsWith(PICKLE_NAME));
  if (names.length !== 1) throw new RangeError('it is no archive of torch.save: it must have one data.pkl');
  return names[0]!.slice(0, -PICKLE_NAME.length);
}

/** Written since torch 2.1; before that always little-endian in practice. */
function checkByteOrder(content: Buffer | undefined): void {
  const order = content?.toString('latin1') ?? 'little';
  if (order !== 'little')
    throw new RangeError(`its byte order is ${quote(order)}; save it on a little-endian machine`);
}

function locate(
  name: string,
  { storage, offset, shape, strides }: PickleTensor,
  { archive, root }: { readonly archive: ZipArchive; readonly root: string },
): StoredTensor {
  const part = `${root}/data/${storage.key}`;
  const place = archive.place(part);
  const { type, typeName, valueCount } = storage;
  if (!place || (type && place.bytes !== valueCount * BYTES_PER_VALUE[type])) {
    throw new RangeError(
      `its storage ${quote(storage.key)} is missing or has another size than the pickle says`,
    );
  }
  const block = { source: archive.source, blockStart: place.start, blockBytes: place.bytes };
  return { name, shape, type, typeName, ...block, offset, strides, verify: () => archive.verify(part) };
}
