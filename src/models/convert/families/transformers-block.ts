import type { NamedTensors } from '../named-tensors.ts';
import type { Block } from '../transformer.ts';
import { linear, norm } from '../weight.ts';

/** The widths that the matrices of a block have. */
export interface BlockSizes {
  readonly width: number;
  readonly mlpWidth: number;
}

/** A block as transformers names it in CLIP and SigLIP. */
export function transformersBlock(
  tensors: NamedTensors,
  stem: string,
  { width, mlpWidth }: BlockSizes,
): Block {
  const attention = `${stem}self_attn.`;
  return {
    attentionNorm: norm(tensors, `${stem}layer_norm1`, width),
    queryKeyValue: linear(
      tensors,
      ['q_proj', 'k_proj', 'v_proj'].map((part) => attention + part),
      [width, width],
    ),
    attentionOut: linear(tensors, [`${attention}out_proj`], [width, width]),
    mlpNorm: norm(tensors, `${stem}layer_norm2`, width),
    mlpIn: linear(tensors, [`${stem}mlp.fc1`], [mlpWidth, width]),
    mlpOut: linear(tensors, [`${stem}mlp.fc2`], [width, mlpWidth]),
  };
}
