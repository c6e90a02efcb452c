import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../scripts/random.ts';

/** The shape of a CLIP vision transformer, in the words of transformers' `CLIPVisionConfig`. */
export interface ClipShape {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly image_size: number;
  readonly patch_size: number;
  readonly projection_dim: number;
}

/** The published shapes (config.json of openai/clip-vit-base-patch32 and -large-patch14), and one for tests. */
export const CLIP_SHAPES = {
  'B/32': vit(768, 12, 12, { image_size: 224, patch_size: 32, projection_dim: 512 }),
  'L/14': vit(1024, 24, 16, { image_size: 224, patch_size: 14, projection_dim: 768 }),
  tiny: vit(64, 2, 4, { image_size: 32, patch_size: 8, projection_dim: 16 }),
} as const satisfies Record<string, ClipShape>;

function vit(
  width: number,
  layers: number,
  heads: number,
  rest: Pick<ClipShape, 'image_size' | 'patch_size' | 'projection_dim'>,
): ClipShape {
  return {
    ...{ hidden_size: width, intermediate_size: 4 * width, num_hidden_layers: layers },
    ...{ num_attention_heads: heads, ...rest },
  };
}

/** A tensor to be filled with uniform values of this mean and standard deviation. */
interface RandomTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly mean: number;
  readonly deviation: number;
}

/**
 * Writes a CLIP vision transformer with random weights as transformers saves one: `model.safetensors` and `config.json`, which
 * `models convert` and `CLIPVisionModelWithProjection.from_pretrained` both take.
 */
export async function writeRandomClip(folder: string, shape: ClipShape): Promise<void> {
  await mkdir(folder, { recursive: true });
  const config = { model_type: 'clip_vision_model', hidden_act: 'quick_gelu', ...shape };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const tensors = clipTensors(shape);
  const stream = createWriteStream(join(folder, 'model.safetensors'));
  stream.write(headerOf(tensors));
  const random = new Random(1);
  for (const tensor of tensors) if (!stream.write(randomValues(tensor, random))) await once(stream, 'drain');
  stream.end();
  await once(stream, 'close');
}

/** The layout is that of https://github.com/huggingface/safetensors: the header's length as uint64, then the header as JSON. */
function headerOf(tensors: readonly RandomTensor[]): Buffer {
  let end = 0;
  const entries = tensors.map(({ name, shape }) => {
    const start = end;
    end += Float32Array.BYTES_PER_ELEMENT * shape.reduce((product, side) => product * side, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }] as const;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header]);
}

function randomValues({ shape, mean, deviation }: RandomTensor, random: Random): Uint8Array {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  const reach = deviation * Math.sqrt(3);
  for (let i = 0; i < values.length; i++) values[i] = mean + reach * (2 * random.next() - 1);
  return new Uint8Array(values.buffer);
}

/** Matrices keep the size of what passes through them, as trained ones do. */
function clipTensors(shape: ClipShape): RandomTensor[] {
  const { hidden_size: width, intermediate_size: mlp, image_size, patch_size: patch } = shape;
  const tensor = (name: string, sides: readonly number[], deviation: number, mean = 0): RandomTensor => ({
    ...{ name, shape: sides, mean, deviation },
  });
  const linear = (stem: string, outputs: number, inputs: number): RandomTensor[] => [
    tensor(`${stem}.weight`, [outputs, inputs], inputs ** -0.5),
    tensor(`${stem}.bias`, [outputs], 0.1),
  ];
  const norm = (stem: string): RandomTensor[] => [
    tensor(`${stem}.weight`, [width], 0.1, 1),
    tensor(`${stem}.bias`, [width], 0.1),
  ];
  const block = (stem: string): RandomTensor[] => [
    ...norm(`${stem}.layer_norm1`),
    ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((part) =>
      linear(`${stem}.self_attn.${part}`, width, width),
    ),
    ...norm(`${stem}.layer_norm2`),
    ...linear(`${stem}.mlp.fc1`, mlp, width),
    ...linear(`${stem}.mlp.fc2`, width, mlp),
  ];
  const tokens = (image_size / patch) ** 2 + 1;
  return [
    tensor('vision_model.embeddings.class_embedding', [width], 1),
    tensor(
      'vision_model.embeddings.patch_embedding.weight',
      [width, 3, patch, patch],
      (3 * patch ** 2) ** -0.5,
    ),
    tensor('vision_model.embeddings.position_embedding.weight', [tokens, width], 0.5),
    ...norm('vision_model.pre_layrnorm'),
    ...Array.from({ length: shape.num_hidden_layers }, (_, i) => `vision_model.encoder.layers.${i}`).flatMap(
      block,
    ),
    ...norm('vision_model.post_layernorm'),
    tensor('visual_projection.weight', [shape.projection_dim, width], width ** -0.5),
  ];
}
