import { BowerbirdError } from '../base/errors.ts';
import { SLICE_FILE } from '../base/slices/slice-record.ts';
import { isRemote } from '../storage/storage.ts';
import type { Present, StoredOutput, StoredOutputOptions } from '../storage/stored-output.ts';

/** Of slices: one that is done again takes the place of the first. */
export const SLICE_PLACE = { kind: 'a slice', marker: SLICE_FILE } as const;

/** The place of an output as a person is told of it: its URL or, of this machine, the path that it came to. */
export function shownPlace(given: string, path: string): string {
  return isRemote(given) ? given.replace(/\/+$/, '') : path;
}

/** An output that may lie in object storage. */
export interface PlaceOptions extends StoredOutputOptions {
  readonly signal?: AbortSignal | undefined;
  /** Throws where what lies at the place may not be replaced; where not given, an earlier output of the kind may. */
  readonly refuse?: (present: Present, at: string) => void;
  /** The files of an earlier output, by its marker; where not given, all that such outputs have. */
  readonly filesOf?: (marker: string) => readonly string[] | undefined;
}

/**
 * Makes an output at a path or at a URL of object storage: there the work goes into a folder of this machine, and what it has made is published when it is done.
 *
 * @param work given the folder to write to
 * @throws as `StoredOutput`; BowerbirdError BB_OUTPUT_FOLDER where something else lies there; what `work` throws
 */
export async function withPlace<T>(
  given: string,
  { signal, refuse, filesOf, ...options }: PlaceOptions,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  if (!isRemote(given)) return work(given);
  const { StoredOutput } = await import('../storage/stored-output.ts');
  const output = await StoredOutput.take(given, options, refuse ?? refuseOthers(options));
  try {
    const result = await work(output.folder);
    await output.publish(await replacedBy(output, filesOf), signal);
    return result;
  } finally {
    await output.release();
  }
}

function refuseOthers({ kind, flag }: StoredOutputOptions) {
  return (present: Present, at: string): void => {
    if (present !== 'other') return;
    throw new BowerbirdError(
      'BB_OUTPUT_FOLDER',
      `${at} holds something else than ${kind}, and is never written to. Name another ${flag}.`,
      { fields: { path: at } },
    );
  };
}

async function replacedBy(
  output: StoredOutput,
  filesOf: PlaceOptions['filesOf'],
): Promise<readonly string[]> {
  const marker = await output.marker();
  if (marker === undefined) return [];
  return filesOf?.(marker) ?? output.present();
}
