import type { ActivationName } from '../models/convert/activation.ts';
import { findActivations } from '../models/onnx/activations.ts';
import { readModel } from './onnx/interface.ts';

/** What the file of a model tells without being run. */
export interface ModelFacts {
  /** The activation of each GELU in its graph, in order. */
  readonly activations: readonly ActivationName[];
  /** Whether any of its weights, its input or its output is float16. */
  readonly hasFloat16: boolean;
}

/** Reads the graph of a model, not its weights. @throws BowerbirdError BB_MODEL_GRAPH */
export function modelFacts(modelPath: string): ModelFacts {
  return readModel(modelPath, (file, { graph, hasFloat16 }) => ({
    activations: findActivations(file, graph).map(({ name }) => name),
    hasFloat16,
  }));
}
