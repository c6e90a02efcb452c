import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { weightsRefused } from '../../weights/errors.ts';
import type { ConfigFacts } from './config-facts.ts';
import { readOpenClip } from './open-clip-config.ts';
import { readProcessor } from './processor-config.ts';
import { readRawConfig } from './raw-config.ts';
import { readTransformers } from './transformers-config.ts';

const READERS: Readonly<Record<string, (raw: JsonObject) => ConfigFacts>> = {
  'config.json': readTransformers,
  'open_clip_config.json': readOpenClip,
  'preprocessor_config.json': readProcessor,
};

/** Names of the configs that are read beside weights. */
export const CONFIG_FILES: readonly string[] = Object.keys(READERS);

/**
 * Reads the configs beside weights, those that are there. Two that disagree are refused: which of them belongs to the weights is
 * not known.
 *
 * @throws WeightsError BB_WEIGHTS_REFUSED
 */
export function readConfigs(weightsPath: string): ConfigFacts {
  const folder = dirname(weightsPath);
  let merged: ConfigFacts = {};
  for (const [name, read] of Object.entries(READERS)) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    try {
      merged = agreed(merged, read(readRawConfig(path)));
    } catch (thrown) {
      if (!(thrown instanceof RangeError || thrown instanceof SyntaxError)) throw thrown;
      throw weightsRefused(weightsPath, `${path} beside them cannot be used: ${messageOf(thrown)}`, thrown);
    }
  }
  return merged;
}

/** Both, where no number or word differs; of transforms the later one fills in what the earlier one leaves open. */
function agreed(first: ConfigFacts, second: ConfigFacts): ConfigFacts {
  for (const field of ['activation', 'heads', 'epsilon', 'imagePx'] as const)
    if (first[field] !== undefined && second[field] !== undefined && first[field] !== second[field])
      throw new RangeError(`it says ${field} ${second[field]}, and another config there ${first[field]}`);
  const transform = { ...second.transform, ...first.transform };
  return { ...first, ...second, ...(Object.keys(transform).length > 0 ? { transform } : {}) };
}
