/** SiglipVisionModel of transformers 5 saves its tensors without what stands before them in a whole model. */
const SIGLIP_PREFIX = 'vision_model.';
const BARE_SIGLIP = ['embeddings.patch_embedding.bias', 'post_layernorm.weight'];

/** DINOv2 in memory, since transformers 5; what its `save_pretrained` writes has the names of before. */
const DINOV2_ATTENTION = /^((?:dinov2\.)?encoder\.layer\.\d+\.attention\.)([qkvo]_proj)(?=\.)/;
const DINOV2_PARTS: Readonly<Record<string, string>> = {
  q_proj: 'attention.query',
  k_proj: 'attention.key',
  v_proj: 'attention.value',
  o_proj: 'output.dense',
};

/**
 * Tensors under the names that families are known by, where transformers 5 has others for the same models. Two that would get one
 * name keep theirs, and are refused as what is left over.
 */
export function underUsualNames<T>(tensors: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const isBareSiglip = BARE_SIGLIP.every((name) => tensors.has(name));
  const renamed = new Map(
    [...tensors].map(([name, tensor]) => [isBareSiglip ? SIGLIP_PREFIX + name : dinov2Name(name), tensor]),
  );
  return renamed.size === tensors.size ? renamed : tensors;
}

function dinov2Name(name: string): string {
  return name.replace(DINOV2_ATTENTION, (_, stem: string, part: string) => stem + DINOV2_PARTS[part]!);
}
