import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { weightsRefused } from '../../weights/errors.ts';
import type { ConfigFacts } from './config-facts.ts';
import { readOpenClip } from './open-clip-config.ts';
import { readCombinedProcessor, readProcessor } from './processor-config.ts';
import { readRawConfig } from './raw-config.ts';
import { differingFact, toldFact } from './transform-facts.ts';
import { readTransformers } from './transformers-config.ts';

const READERS: Readonly<Record<string, (raw: JsonObject) => ConfigFacts>> = {
  'config.json': readTransformers,
  'open_clip_config.json': readOpenClip,
  'preprocessor_config.json': readProcessor,
  'processor_config.json': readCombinedProcessor,
};

/** Names of the configs that are read beside weights. */
export const CONFIG_FILES: readonly string[] = Object.keys(READERS);

const PLAIN_FACTS = [
  'kind',
  'activation',
  'heads',
  'epsilon',
  'layers',
  'width',
  'patchPx',
  'imagePx',
] as const;

/**
 * Reads the configs beside weights, those that are there. Two that disagree are refused: which of them belongs to the weights is
 * not known.
 *
 * @throws WeightsError BB_WEIGHTS_REFUSED, BB_WEIGHTS_UNREADABLE
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

/** Both, where no fact of theirs differs; each fills in what the other leaves open. */
function agreed(first: ConfigFacts, second: ConfigFacts): ConfigFacts {
  for (const field of PLAIN_FACTS)
    if (first[field] !== undefined && second[field] !== undefined && first[field] !== second[field])
      throw new RangeError(`it says ${field} ${second[field]}, and another config there ${first[field]}`);
  const [ours = {}, theirs = {}] = [first.transform, second.transform];
  const fact = differingFact(ours, theirs);
  if (fact)
    throw new RangeError(
      `it says ${toldFact(theirs, fact)}, and another config there ${toldFact(ours, fact)}`,
    );
  const transform = { ...theirs, ...ours };
  return { ...first, ...second, ...(Object.keys(transform).length > 0 ? { transform } : {}) };
}
