import { BowerbirdError } from '../base/errors.ts';
import type { InputFile, ShardSpec } from '../shards/plan.ts';
import { fingerprintOf } from '../tables/footer.ts';
import { isElsewhere, openRemoteParquet } from '../tables/remote/remote-files.ts';

/**
 * Looks, once for each input, whether it is still the file that was planned: rows that another has at the same places are others. Inputs that were converted
 * by the plan are read from its copy.
 */
export class InputCheck {
  readonly #inputs: readonly InputFile[];
  readonly #looked = new Set<number>();

  constructor(inputs: readonly InputFile[]) {
    this.#inputs = inputs;
  }

  /** @throws BowerbirdError BB_RUN_CHANGED; TableError BB_INPUT_UNREADABLE where it is gone or cut */
  async check(shards: readonly ShardSpec[]): Promise<void> {
    for (const { inputIndex } of shards) {
      if (this.#looked.has(inputIndex)) continue;
      const { path, readPath, fingerprint } = this.#inputs[inputIndex]!;
      if (readPath === path && isElsewhere(path)) await openRemoteParquet(path);
      if (readPath === path && (await fingerprintOf(path)).fingerprint !== fingerprint) throw changed(path);
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
