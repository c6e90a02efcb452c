import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../base/errors.ts';
import { nameOf, type PictureSource, type ShownPicture } from '../learn/page-facts.ts';

/**
 * Pictures of samples from those of the folders that are runs, the first that has one. A run that cannot be read is told of, and is no reason to give up
 * what is to be shown.
 */
export function picturesOfRuns(
  folders: readonly string[],
  signal: AbortSignal,
  onNote: (note: string) => void,
): PictureSource {
  const runs = folders.filter((folder) => existsSync(join(folder, 'run.json')));
  return async (samples) => {
    const found = new Map<string, ShownPicture>();
    if (runs.length === 0 || signal.aborted) return found;
    const { picturesOfSamples } = await import('../browse/sample-pictures.ts');
    for (const run of runs) {
      const missing = samples.filter((sample) => !found.has(nameOf(sample)));
      if (missing.length === 0 || signal.aborted) break;
      try {
        const pictures = await picturesOfSamples(run, missing, signal);
        for (const [i, picture] of pictures.entries()) if (picture) found.set(nameOf(missing[i]!), picture);
      } catch (thrown) {
        if (signal.aborted) break;
        if (codeOf(thrown) === undefined) throw thrown;
        onNote(`No pictures of ${run} are shown: ${messageOf(thrown)}`);
      }
    }
    return found;
  };
}
