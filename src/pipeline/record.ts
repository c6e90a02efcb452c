import { describeRun, type RunRecord } from '../runs/run-record.ts';
import { resultSettings } from './config.ts';
import type { ScoreFacts } from './score-facts.ts';

/** What run.json says of a run with these inputs, settings and models, at its first start. */
export function recordOf({ config, plan, thresholds, encoder, heads, tagModels }: ScoreFacts): RunRecord {
  return describeRun({
    settings: {
      ...resultSettings(config),
      tag_batch_size: tagModels.length > 0 ? config.tagBatchSize : null,
    },
    commandLine: config.commandLine,
    plan,
    thresholds,
    encoder: {
      name: encoder.name,
      description: encoder.description,
      digest: encoder.digest,
      dimension: encoder.dimension,
      provider: encoder.provider,
      batch_invariant: encoder.batchInvariant,
    },
    heads,
    tagModels,
  });
}
