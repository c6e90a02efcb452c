import { quote } from '../../../base/quote.ts';
import { WeightsError } from '../../../weights/errors.ts';
import type { Family } from '../family.ts';
import type { NamedTensors } from '../named-tensors.ts';
import { CLIP_OPEN, CLIP_TRANSFORMERS } from './clip.ts';
import { DINOV2 } from './dinov2.ts';
import { EFFICIENTNET } from './efficientnet.ts';
import { SIGLIP } from './siglip.ts';

const FAMILIES: readonly Family[] = [CLIP_TRANSFORMERS, CLIP_OPEN, SIGLIP, DINOV2, EFFICIENTNET];

/** The family of weights, by the names of their tensors. @throws WeightsError BB_WEIGHTS_UNKNOWN */
export function recogniseFamily(tensors: NamedTensors): Family {
  const found = FAMILIES.find((family) => family.matches(tensors));
  if (found) return found;
  throw new WeightsError(
    'BB_WEIGHTS_UNKNOWN',
    `The weights ${tensors.path} are of no model that can be converted (${FAMILIES.map(({ name }) => name).join('; ')}). ` +
      `Their ${tensors.names.length} tensors are called ${quote(tensors.names[0]!)} and the like. Export the model to ONNX instead (docs/encoders.md).`,
    { fields: { path: tensors.path } },
  );
}
