import { isObject, type JsonObject } from '../../base/json-object.ts';
import type { ActivationName } from './activation.ts';
import type { ConfigFacts } from './config-facts.ts';
import { countOf, epsilonOf, wordOf } from './raw-config.ts';

/** What a config may leave out: the defaults of CLIPVisionConfig, SiglipVisionConfig and Dinov2Config. */
const DEFAULTS: Readonly<Record<string, JsonObject>> = {
  clip: { hidden_act: 'quick_gelu', layer_norm_eps: 1e-5, num_attention_heads: 12 },
  siglip: { hidden_act: 'gelu_pytorch_tanh', layer_norm_eps: 1e-6, num_attention_heads: 12 },
  dinov2: { hidden_act: 'gelu', layer_norm_eps: 1e-6, num_attention_heads: 12 },
};

/** transformers' names of activations (its activations.py). */
const ACTIVATIONS: Readonly<Record<string, ActivationName>> = {
  quick_gelu: 'quick_gelu',
  gelu: 'gelu',
  gelu_pytorch_tanh: 'gelu_tanh',
};

/**
 * The `config.json` of transformers; that of a whole model holds the vision part's. One of another kind of model says nothing.
 *
 * @throws RangeError
 */
export function readTransformers(raw: JsonObject): ConfigFacts {
  const [kind] = String(raw['model_type']).split('_');
  const defaults = Object.hasOwn(DEFAULTS, kind!) ? DEFAULTS[kind!] : undefined;
  if (!defaults) return {};
  const given = isObject(raw['vision_config']) ? raw['vision_config'] : raw;
  const config: JsonObject = { ...defaults, ...given };
  return {
    activation: wordOf(config, 'hidden_act', ACTIVATIONS),
    heads: countOf(config, 'num_attention_heads'),
    epsilon: epsilonOf(config, 'layer_norm_eps'),
    ...('image_size' in config ? { imagePx: countOf(config, 'image_size') } : {}),
  };
}
