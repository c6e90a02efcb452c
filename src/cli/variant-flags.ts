import type { Variant } from '../models/convert/spec.ts';
import type { FlagTable, FlagValues } from './flags.ts';

/** The flags that say how weights are written as ONNX: of `models convert`, and wherever models are asked for by name. */
export function variantFlags(group: string): FlagTable {
  return {
    dtype: {
      group,
      type: 'string',
      choices: ['float32', 'float16'],
      default: 'float32',
      describe: 'Of models made of weights: `float16` halves them and is for GPUs; `float32` is exact',
    },
    operators: {
      group,
      type: 'string',
      choices: ['standard', 'fused'],
      default: 'standard',
      describe:
        "Likewise: `standard`: those of ONNX alone; `fused`: onnxruntime's own for attention, norms and activations, meant for GPUs",
    },
  };
}

/** What these flags say. */
export function variantOf(values: FlagValues): Variant {
  return {
    precision: values['dtype'] as Variant['precision'],
    operators: values['operators'] as Variant['operators'],
  };
}
