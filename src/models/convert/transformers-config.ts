import { isObject, type JsonObject } from '../../base/json-object.ts';
import { quote } from '../../base/quote.ts';
import type { ActivationName } from './activation.ts';
import type { ConfigFacts, ConfigKind } from './config-facts.ts';
import { countOf, epsilonOf, wordOf } from './raw-config.ts';

/** What a config may leave out: the defaults of CLIPVisionConfig, SiglipVisionConfig and Dinov2Config. */
const DEFAULTS: Readonly<Record<ConfigKind, JsonObject>> = {
  clip: { hidden_act: 'quick_gelu', layer_norm_eps: 1e-5, num_attention_heads: 12 },
  siglip: { hidden_act: 'gelu_pytorch_tanh', layer_norm_eps: 1e-6, num_attention_heads: 12 },
  dinov2: { hidden_act: 'gelu', layer_norm_eps: 1e-6, num_attention_heads: 12 },
};

/** transformers' names of whole models and of vision parts alone. */
const KINDS: Readonly<Record<string, ConfigKind>> = {
  clip: 'clip',
  clip_vision_model: 'clip',
  siglip: 'siglip',
  siglip_vision_model: 'siglip',
  dinov2: 'dinov2',
};

/** transformers' names of activations (its activations.py). */
const ACTIVATIONS: Readonly<Record<string, ActivationName>> = {
  quick_gelu: 'quick_gelu',
  gelu: 'gelu',
  gelu_pytorch_tanh: 'gelu_tanh',
};

/**
 * The `config.json` of transformers; that of a whole model holds the vision part's. One without a `model_type` is another
 * library's, and says nothing.
 *
 * @throws RangeError also where it is of a model that is not known here
 */
export function readTransformers(raw: JsonObject): ConfigFacts {
  const type = raw['model_type'];
  if (type === undefined) return {};
  const kind = Object.hasOwn(KINDS, String(type)) ? KINDS[String(type)] : undefined;
  if (!kind)
    throw new RangeError(
      `it is of a ${quote(String(type))}, and only those of ${Object.keys(KINDS).join(', ')} are known`,
    );
  const config: JsonObject = { ...DEFAULTS[kind], ...visionOf(raw) };
  return {
    kind,
    activation: wordOf(config, 'hidden_act', ACTIVATIONS),
    heads: countOf(config, 'num_attention_heads'),
    epsilon: epsilonOf(config, 'layer_norm_eps'),
    ...('num_hidden_layers' in config ? { layers: countOf(config, 'num_hidden_layers') } : {}),
    ...('hidden_size' in config ? { width: countOf(config, 'hidden_size') } : {}),
    ...('patch_size' in config ? { patchPx: countOf(config, 'patch_size') } : {}),
    ...('image_size' in config ? { imagePx: countOf(config, 'image_size') } : {}),
  };
}

/** Older configs have a `vision_config_dict` too, which CLIPConfig takes, its defaults included, before the `vision_config`. */
function visionOf(raw: JsonObject): JsonObject {
  for (const field of ['vision_config_dict', 'vision_config']) if (isObject(raw[field])) return raw[field];
  return raw;
}
