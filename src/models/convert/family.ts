import { WeightsError } from '../../weights/errors.ts';
import type { ImageTransform, ScoreStatement } from '../manifest.ts';
import type { ActivationName } from './activation.ts';
import type { ConfigFacts } from './config-facts.ts';
import type { NamedTensors } from './named-tensors.ts';
import type { StatedFacts } from './spec.ts';
import type { VisionGraph } from './vision-graph.ts';

/** A kind of image model whose weights are known by their names. */
export interface Family {
  /** As it is told to a person. */
  readonly name: string;
  /** Whether weights are of this family, by the names of their tensors alone. */
  readonly matches: (tensors: NamedTensors) => boolean;
  /** @throws WeightsError BB_WEIGHTS_REFUSED, BB_WEIGHTS_UNKNOWN, BB_WEIGHTS_UNSTATED */
  readonly read: (known: Known) => ImageNetwork;
}

/** All that is known of weights: they themselves, the configs beside them, and what the caller states. */
export interface Known {
  readonly tensors: NamedTensors;
  readonly config: ConfigFacts;
  readonly stated: StatedFacts;
}

/** A network as it will be drawn. */
export interface ImageNetwork {
  /** Its kind and sizes, for a person: "CLIP vision transformer, 12 layers of 768, patches of 32". */
  readonly title: string;
  readonly transform: ImageTransform;
  /** The name of its output. */
  readonly output: string;
  /** Values in a row of its output. */
  readonly dimension: number;
  /** Whether rows are scores or logits; else they are embeddings. */
  readonly isClassifier: boolean;
  /** Which of a published classifier's values is which tag. */
  readonly score?: ScoreStatement;
  /** Undefined where it has none that could be mistaken. */
  readonly activation?: ActivationName;
  /** Draws it from the pixels on; gives its output, `[batch, dimension]`. */
  readonly draw: (graph: VisionGraph, pixels: string) => string;
  /** Of the tensors, those that it does not need and that say nothing about an image. */
  readonly ignores: (name: string) => boolean;
}

/** Each fact that may have to be stated, the flag that states it, and what it is. */
const FACTS = {
  activation: ['--activation', 'which activation they were trained with (quick_gelu, gelu or gelu_tanh)'],
  heads: ['--attention-heads', 'how many attention heads their blocks have'],
  inputSize: ['--input-size', 'of which side their images were'],
  interpolation: ['--interpolation', 'by which filter their images were resized (bicubic or bilinear)'],
} as const;

/** A fact that weights do not tell, and that nobody states: guessed, it would give rows that look right. */
export function unstated(path: string, fact: keyof typeof FACTS): WeightsError {
  const [flag, question] = FACTS[fact];
  return new WeightsError(
    'BB_WEIGHTS_UNSTATED',
    `The weights ${path} do not say ${question}, and no config beside them does. Put the config.json that belongs to them ` +
      `beside them, or state it with ${flag} of \`bowerbird models convert\`.`,
    { fields: { path, fact, flag } },
  );
}

/** What the caller states and what a config says must be the same. @throws WeightsError BB_WEIGHTS_UNSTATED */
export function settled<F extends 'activation' | 'heads'>(
  { tensors: { path }, config, stated }: Known,
  fact: F,
): NonNullable<ConfigFacts[F]> | undefined {
  const [flag] = FACTS[fact];
  const said = config[fact];
  const told = stated[fact];
  if (said !== undefined && told !== undefined && said !== told)
    throw new WeightsError(
      'BB_WEIGHTS_UNSTATED',
      `${flag} is ${told}, but the config beside ${path} says ${said}. Leave ${flag} out, or correct the config.`,
      { fields: { path, fact, flag } },
    );
  return (told ?? said) as NonNullable<ConfigFacts[F]> | undefined;
}

/** As `settled`, for what must be known. @throws WeightsError BB_WEIGHTS_UNSTATED */
export function activationOf(known: Known): ActivationName {
  const activation = settled(known, 'activation');
  if (activation === undefined) throw unstated(known.tensors.path, 'activation');
  return activation;
}

/**
 * The number of attention heads, which no shape tells: that which is stated, or that of the published models of this width.
 *
 * @throws WeightsError BB_WEIGHTS_UNSTATED
 */
export function headsOf(known: Known, width: number, published: Readonly<Record<number, number>>): number {
  const heads = settled(known, 'heads') ?? published[width];
  const { path } = known.tensors;
  if (heads === undefined) throw unstated(path, 'heads');
  if (width % heads === 0) return heads;
  throw new WeightsError(
    'BB_WEIGHTS_UNSTATED',
    `The weights ${path} have a width of ${width}, which ${heads} attention heads cannot share. Correct the config or --attention-heads.`,
    { fields: { path, fact: 'heads', flag: FACTS.heads[0] } },
  );
}
