import { quote } from './errors.ts';
import type { Activation, Layer } from './layers.ts';
import type { Tensor } from './tensor.ts';

/** A layer whose activation is not known yet. */
export type BareLayer = Omit<Layer, 'activation'>;

/** Layers by their place in the network, and what their names tell of what lies between. */
export interface NamedLayers {
  readonly layers: readonly BareLayer[];
  /** The activation between the layers, where the names say which network this is. */
  readonly knownActivation: Activation | undefined;
}

/**
 * LAION's improved-aesthetic-predictor (simple_inference.py): Linear and Dropout alternate, with no activation,
 * so its layers stand at these places of a Sequential and give so many values.
 */
const LAION_LINEAR_STACK: readonly (readonly [name: string, outputs: number])[] = [
  ['layers.0', 1024],
  ['layers.2', 128],
  ['layers.4', 64],
  ['layers.6', 16],
  ['layers.7', 1],
];

/**
 * Orders the tensors of a state dict into layers. Names are `weight` and `bias`, with or without a stem
 * (`fc.weight`), for one layer; `layers.0.weight`, `layers.0.bias`, `layers.2.weight`, ... for several.
 *
 * @throws RangeError where the names are not those of a stack of linear layers
 */
export function readStateDict(tensors: ReadonlyMap<string, Tensor>): NamedLayers {
  const stems = sortStems(new Set([...tensors.keys()].map(stemOf)));
  const layers = stems.map((stem) => readLayer(tensors, stem));
  const isLaionStack =
    stems.length === LAION_LINEAR_STACK.length &&
    LAION_LINEAR_STACK.every(([name, outputs], i) => stems[i] === name && layers[i]!.outputs === outputs);
  return { layers, knownActivation: layers.length === 1 || isLaionStack ? 'none' : undefined };
}

/** `layers.0.weight` -> `layers.0`; `weight` -> ``. */
function stemOf(name: string): string {
  const stem = /^(?:(.*)\.)?(?:weight|bias)$/s.exec(name);
  if (!stem)
    throw new RangeError(`its tensor ${quote(name)} is neither the weight nor the bias of a linear layer`);
  return stem[1] ?? '';
}

function sortStems(stems: ReadonlySet<string>): string[] {
  if (stems.size <= 1) return [...stems];
  const places = [...stems].map((stem) => {
    const [, group, place] = /^(.*?)(\d+)$/s.exec(stem) ?? [];
    if (place === undefined)
      throw new RangeError(`its layer ${quote(stem)} has no number, so its place is not known`);
    return { stem, group, place: Number(place) };
  });
  const other = places.find(({ group }) => group !== places[0]!.group);
  if (other) {
    throw new RangeError(
      `its layers ${quote(places[0]!.stem)} and ${quote(other.stem)} do not belong to one sequence`,
    );
  }
  return places.sort((a, b) => a.place - b.place).map(({ stem }) => stem);
}

function readLayer(tensors: ReadonlyMap<string, Tensor>, stem: string): BareLayer {
  const prefix = stem === '' ? '' : `${stem}.`;
  const weight = tensors.get(`${prefix}weight`);
  if (!weight) throw new RangeError(`its layer ${quote(stem)} has no weight`);
  const [outputs, inputs] = weight.shape;
  if (weight.shape.length !== 2 || outputs === undefined || inputs === undefined) {
    throw new RangeError(
      `the weight of its layer ${quote(stem)} is no matrix: it has ${weight.shape.length} sides`,
    );
  }
  const bias = tensors.get(`${prefix}bias`);
  return { inputs, outputs, weights: weight.data, bias: bias?.data ?? new Float64Array(outputs) };
}
