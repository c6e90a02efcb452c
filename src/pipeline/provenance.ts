import type { Encoder } from '../embed/encoder.ts';
import type { TagModel } from '../embed/tag-model.ts';
import type { ImageTransform } from '../models/manifest.ts';
import { scoresOf } from '../samples/provenance/of-run.ts';
import type { Facts, HeadOrigin, ModelOrigin, PixelOrigin } from '../samples/provenance/origin.ts';
import { type Provenance, uniteProvenance } from '../samples/provenance/provenance.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import type { InputFile } from '../shards/plan.ts';
import type { ScoreConfig } from './config.ts';
import type { LoadedModels } from './models.ts';

/** What a run's scores are computed with. */
export interface ScoringModels extends Pick<LoadedModels, 'heads' | 'tagModels'> {
  readonly encoder: RunningModel;
  readonly config: Pick<ScoreConfig, 'transform' | 'recomputeTags'>;
}

type RunningModel = Pick<Encoder, 'name' | 'digest' | 'transform' | 'provider' | 'runtimeVersion'>;

/**
 * Where the scores of a shard come from.
 *
 * @param input the file that its rows are of
 * @param earlier what was written of it before, where rows of that time are carried over
 */
export function shardProvenance(
  { encoder, heads, tagModels, config }: ScoringModels,
  { tagOrigins = {} }: Pick<InputFile, 'tagOrigins'>,
  earlier: Provenance | undefined,
): Provenance {
  const embeddings = modelOrigin(encoder, config.transform);
  const ofHeads = Object.entries(heads).map(([tag, { name, digest, computes }]): [string, HeadOrigin] => [
    tag,
    { from: 'head', head: { name, digest, computes }, encoder: embeddings },
  ]);
  const ofModels = tagModels.map((model): [string, PixelOrigin] => [model.tag, pixelOrigin(model, config)]);
  const label = heads.aesthetic?.label ?? tagModels.find(({ tag }) => tag === 'aesthetic')?.label;
  const scores = scoresOf({
    ...(label && { labels: { aesthetic: label } }),
    computed: Object.fromEntries([...ofHeads, ...ofModels]),
    given: tagOrigins,
    recomputeTags: config.recomputeTags,
    spreads: spreadTagsOf(heads),
  });
  return uniteProvenance(earlier ? [earlier, { embeddings, scores }] : [{ embeddings, scores }]);
}

/** The tags whose heads are ensembles. */
export function spreadTagsOf(heads: LoadedModels['heads']): Tag[] {
  return TAGS.filter((tag) => heads[tag]?.scoreWithSpread);
}

function pixelOrigin(model: TagModel, { transform }: Pick<ScoreConfig, 'transform'>): PixelOrigin {
  const { class: place, activation } = model.statement;
  return { from: 'model', ...modelOrigin(model, transform), output: { class: place, activation } };
}

/** A model, how it is given pictures, and what runs it. */
export function modelOrigin(model: RunningModel, transform: string): ModelOrigin {
  const { name, digest, provider, runtimeVersion } = model;
  return {
    model: { name, digest },
    transform,
    crop: cropFacts(model.transform),
    runtimes: [{ name: 'onnxruntime', version: runtimeVersion, provider }],
  };
}

/** In the names of manifests, with what they leave out. */
function cropFacts({ sizePx, resize, shortSidePx, interpolation, mean, std }: ImageTransform): Facts {
  return {
    transform: resize,
    input_size: sizePx,
    ...(resize === 'short-side' && { resize_size: shortSidePx ?? sizePx }),
    interpolation,
    mean,
    std,
  };
}
