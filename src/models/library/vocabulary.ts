/** Kinds of models, as registries name them. */
export const KINDS = ['encoder', 'head', 'tag-model'] as const;

/** As encoder manifests have them: `short-side` states another size before the crop than `clip`, `squash` crops nothing. */
export const RESIZES = ['clip', 'short-side', 'squash'] as const;
export type Resize = (typeof RESIZES)[number];

/** As Pillow has them, antialiased. */
export const INTERPOLATIONS = ['bicubic', 'bilinear'] as const;
export type Interpolation = (typeof INTERPOLATIONS)[number];

/** `quick_gelu`: x sigmoid(1.702 x); `gelu`: by erf; `gelu_tanh`: its approximation by tanh; `silu`: x sigmoid(x). */
export const ACTIVATIONS = ['quick_gelu', 'gelu', 'gelu_tanh', 'silu'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** What may stand between the layers of a head. */
export const HEAD_ACTIVATIONS = ['none', 'relu'] as const;
