import { BowerbirdError } from '../base/errors.ts';
import type { InputFile, ShardSpec } from '../shards/plan.ts';
import { fingerprintOf } from '../tables/footer.ts';
import { isElsewhere, openRemoteParquet, sparseCopyOf } from '../tables/remote/remote-files.ts';
import type { InputTags, PlannedRun } from './plan-file.ts';

/** What places elsewhere tell the inputs by that are read there; of those that this process has opened. */
export function tagsOf(inputs: readonly Pick<InputFile, 'path' | 'readPath'>[]): InputTags {
  return Object.fromEntries(
    inputs.flatMap(({ path, readPath }) => {
      const tag = readPath === path ? tagOf(path) : undefined;
      return tag === undefined ? [] : [[path, tag]];
    }),
  );
}

function tagOf(path: string): string | undefined {
  return sparseCopyOf(path)?.object.tag;
}

/**
 * Looks, once for each input, whether it is still the file that was planned: rows that another has at the same places are others. Inputs that were converted
 * by the plan are read from its copy.
 */
export class InputCheck {
  readonly #inputs: readonly InputFile[];
  readonly #tags: InputTags;
  readonly #looked = new Set<number>();

  constructor({ plan, tags }: Pick<PlannedRun, 'plan' | 'tags'>) {
    this.#inputs = plan.inputs;
    this.#tags = tags;
  }

  /** @throws BowerbirdError BB_RUN_CHANGED; TableError BB_INPUT_UNREADABLE where it is gone or cut */
  async check(shards: readonly ShardSpec[]): Promise<void> {
    for (const { inputIndex } of shards) {
      if (this.#looked.has(inputIndex)) continue;
      const { path, readPath, fingerprint } = this.#inputs[inputIndex]!;
      if (readPath === path && isElsewhere(path)) await openRemoteParquet(path);
      if (readPath === path && (await fingerprintOf(path)).fingerprint !== fingerprint) throw changed(path);
      const planned = this.#tags[path];
      if (planned !== undefined && tagOf(path) !== planned) throw replaced(path, planned, tagOf(path));
      this.#looked.add(inputIndex);
    }
  }
}

function changed(path: string): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CHANGED',
    `${path} has other content than when it was planned. Put the planned file back, or plan again into another --output-folder.`,
    { fields: { path } },
  );
}

/** Of the same size and footer; without statistics in the footer that says little of the rows. */
function replaced(path: string, planned: string, tag: string | undefined): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CHANGED',
    `${path} is another object than when it was planned: its ETag was ${planned}, is ${tag ?? 'not given'}. Put the planned one back, or plan again into another --output-folder. ` +
      'Where it has the same rows, and no worker is at work, remove plan.json and plan again: finished shards count.',
    { fields: { path } },
  );
}
