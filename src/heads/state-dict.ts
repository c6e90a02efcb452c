import { quote } from '../base/quote.ts';
import { type KnownLayout, recogniseLayout } from './known-layouts.ts';
import type { Layer } from './layers.ts';
import type { Tensor } from './tensor.ts';

/** A layer whose activation is not known yet. */
export type BareLayer = Omit<Layer, 'activation'>;

/** Layers by their place in the network, and which published network they are, where their names and shapes tell. */
export interface NamedLayers {
  readonly layers: readonly BareLayer[];
  readonly layout: KnownLayout | undefined;
}

/**
 * Orders the tensors of a state dict into layers. Names are `weight` and `bias`, with or without a stem
 * (`fc.weight`), for one layer; `layers.0.weight`, `layers.0.bias`, `layers.2.weight`, ... for several.
 *
 * @throws RangeError where the names are not those of a stack of linear layers
 */
export function readStateDict(tensors: ReadonlyMap<string, Tensor>): NamedLayers {
  const stems = sortStems(new Set([...tensors.keys()].map(stemOf)));
  const layers = stems.map((stem) => readLayer(tensors, stem));
  const layout = recogniseLayout(layers.map((layer, i) => ({ ...layer, stem: stems[i]! })));
  return { layers, layout };
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
