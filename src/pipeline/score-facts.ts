import type { Thresholds } from '../scores/thresholds.ts';
import type { RunPlan } from '../shards/plan.ts';
import type { ScoreConfig } from './config.ts';
import type { LoadedModels } from './models.ts';

/** What the shards of a run are scored with. */
export interface ScoreFacts extends LoadedModels {
  readonly config: ScoreConfig;
  readonly plan: RunPlan;
  readonly thresholds: Thresholds;
}
