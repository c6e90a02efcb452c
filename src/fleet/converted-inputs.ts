import type { RunFolder } from '../runs/run-folder.ts';
import type { InputFile, RunPlan } from '../shards/plan.ts';
import { fetchObject } from '../storage/copying.ts';
import { isRemote } from '../storage/storage.ts';
import { storageOf } from '../storage/storage-of.ts';
import { backendOf } from './backend-of.ts';

/** The files of a run that its plan names by their places: inputs that planning has converted, such as texts. */
export function convertedInputs(place: string, { inputs }: Pick<RunPlan, 'inputs'>): string[] {
  const paths = inputs.flatMap(({ readPath, archivePath = '' }) => [readPath, archivePath]);
  const names = paths
    .filter((path) => path.startsWith(`${place}/`))
    .map((path) => path.slice(place.length + 1));
  return [...new Set(names)];
}

/**
 * The plan of a run, with what it has converted on this machine: of a run in object storage, fetched into a worker's folder.
 *
 * @throws BowerbirdError BB_STORAGE_*, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function withInputsAtHand(plan: RunPlan, run: string, scratch: RunFolder): Promise<RunPlan> {
  if (!isRemote(run)) return plan;
  const { at } = backendOf(run);
  const storage = await storageOf(at);
  for (const name of convertedInputs(at, plan))
    await fetchObject(storage, { url: `${at}/${name}` }, scratch.file(name));
  return { ...plan, inputs: plan.inputs.map((input) => movedInput(input, `${at}/`, `${scratch.path}/`)) };
}

/** An input whose files lie below another place, where they lay below `from`. */
export function movedInput(input: InputFile, from: string, to: string): InputFile {
  const moved = (path: string): string => (path.startsWith(from) ? to + path.slice(from.length) : path);
  const { archivePath } = input;
  return {
    ...input,
    readPath: moved(input.readPath),
    ...(archivePath !== undefined && { archivePath: moved(archivePath) }),
  };
}
