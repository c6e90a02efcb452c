import type { Tag } from '../samples/tags.ts';
import type { Activation, OutputActivation } from './layers.ts';

/** A published network. */
export interface KnownNetwork {
  /** As it is told to a person. */
  readonly name: string;
  /** What the published head gives, and what follows its last layer. */
  readonly tag: Tag;
  readonly output: OutputActivation;
}

/**
 * A published network that is known by the names and the shapes of its layers. Weights do not say what lies between
 * layers; a network that is known does.
 */
export interface KnownLayout extends KnownNetwork {
  /** One per gap between layers. */
  readonly between: readonly Activation[];
  /** The layers' places in the network, by the names of their tensors, and how many values each gives. */
  readonly layers: readonly (readonly [stem: string, outputs: number])[];
  /** The dimension of the published head; without one the layout is known at every dimension. */
  readonly inputs?: number;
}

/**
 * A SavedModel that looks columns up in vocabularies, which AutoKeras's MultiCategoryEncoding does
 * (clip_autokeras_binary_nsfw and clip_autokeras_nsfw_b32 of LAION-AI/CLIP-based-NSFW-Detector).
 */
export const AUTOKERAS_CLASSIFIER: KnownNetwork = {
  name: "an AutoKeras classifier, as LAION's safety heads for L/14 and B/32",
  tag: 'punsafe',
  output: 'sigmoid',
};

const LINEAR_STACK_OUTPUTS = [1024, 128, 64, 16, 1] as const;

const KNOWN_LAYOUTS: readonly KnownLayout[] = [
  {
    // simple_inference.py and train_predictor.py of christophschuhmann/improved-aesthetic-predictor: Linear and
    // Dropout alternate, with the activations commented out (sac+logos+ava1-l14-linearMSE, ava+logos-l14-linearMSE).
    name: "LAION's improved-aesthetic-predictor, linear",
    tag: 'aesthetic',
    output: 'none',
    between: ['none', 'none', 'none', 'none'],
    layers: placed('layers', [0, 2, 4, 6, 7], LINEAR_STACK_OUTPUTS),
  },
  {
    // avaclipmlp_inf_wds-relu.py there (ava+logos-l14-reluMSE): each ReLU takes a place, so the numbers differ.
    name: "LAION's improved-aesthetic-predictor, ReLU",
    tag: 'aesthetic',
    output: 'none',
    between: ['relu', 'relu', 'relu', 'relu'],
    layers: placed('layers', [0, 3, 6, 9, 11], LINEAR_STACK_OUTPUTS),
  },
  {
    // siglip_v2_5.py of discus0434/aesthetic-predictor-v2-5: Dropout alone between the layers.
    name: 'aesthetic-predictor-v2-5',
    tag: 'aesthetic',
    output: 'none',
    between: ['none', 'none', 'none', 'none'],
    layers: placed('scoring_head', [0, 2, 4, 6, 8], LINEAR_STACK_OUTPUTS),
  },
  {
    // h14_nsfw_model.py of LAION-AI/CLIP-based-NSFW-Detector: nothing between the last two layers, and no sigmoid:
    // it was trained on targets of 0 and 1 by least squares.
    name: "LAION's safety head for H/14",
    tag: 'punsafe',
    output: 'none',
    between: ['relu', 'relu', 'relu', 'relu', 'relu', 'none'],
    layers: placed('layers', [0, 3, 6, 9, 12, 15, 16], [1024, 2048, 1024, 256, 128, 16, 1]),
    inputs: 1024,
  },
];

/** The published network that layers are, by their names and shapes; undefined where they are none that is known. */
export function recogniseLayout(
  layers: readonly { readonly stem: string; readonly inputs: number; readonly outputs: number }[],
): KnownLayout | undefined {
  return KNOWN_LAYOUTS.find(
    ({ layers: known, inputs }) =>
      known.length === layers.length &&
      known.every(([stem, outputs], i) => layers[i]!.stem === stem && layers[i]!.outputs === outputs) &&
      (inputs === undefined || layers[0]!.inputs === inputs),
  );
}

function placed(
  group: string,
  places: readonly number[],
  outputs: readonly number[],
): readonly (readonly [stem: string, outputs: number])[] {
  return places.map((place, i) => [`${group}.${place}`, outputs[i]!] as const);
}
