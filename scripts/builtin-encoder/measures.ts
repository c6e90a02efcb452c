/** Side of the crop that the encoder looks at, in pixels. */
export const IMAGE_SIZE = 224;

/** Added under square roots and logarithms, so that flat pictures have finite measures. */
export const EPSILON = 1e-6;

/** Added to means of slopes and strokes before a logarithm or a quotient: a small fraction of a grey level. */
export const SMALL_SLOPE = 1e-3;

/** Luma of ITU-R BT.601. */
export const LUMA = [0.299, 0.587, 0.114] as const;

/** 3x3 kernels, row major. */
export const KERNELS = {
  /** Four neighbours less four times the middle. */
  laplacian: [0, 1, 0, 1, -4, 1, 0, 1, 0],
  /** Sobel and Feldman 1968, over 8 so that the answer is a slope per pixel. */
  sobelX: [-1, 0, 1, -2, 0, 2, -1, 0, 1].map((tap) => tap / 8),
  sobelY: [-1, -2, -1, 0, 0, 0, 1, 2, 1].map((tap) => tap / 8),
  /** The difference of two Laplacians, blind to straight edges (Immerkaer 1996). */
  noise: [1, -2, 1, -2, 4, -2, 1, -2, 1],
} as const;

/** Immerkaer's factor from the mean absolute answer of the noise kernel to a Gaussian's standard deviation. */
export const NOISE_FACTOR: number = Math.sqrt(Math.PI / 2) / 6;

/** A ramp from 0 at `from` to 1 at `to`. */
export interface Ramp {
  readonly from: number;
  readonly to: number;
}

export const RAMPS = {
  /** On luma: 240 and 252 of 255. */
  blown: { from: 240 / 255, to: 252 / 255 },
  /** On luma: 15 and 3 of 255. */
  crushed: { from: 15 / 255, to: 3 / 255 },
  /** On the smallest of R, G, B. */
  paper: { from: 0.85, to: 0.93 },
  /** On the mean slope of a block. */
  flat: { from: 0.012, to: 0.004 },
} as const satisfies Record<string, Ramp>;

/** Bins of the tone histogram; a pixel is shared between the two nearest. */
export const TONE_BINS = 16;

/** Blocks of the full-size answer of a kernel: 13 x 13 of 16 pixels; the rest of 222 is left over at the end. */
export const BLOCK_SIZE = 16;
export const BLOCK_QUARTER = 42;

/** Blocks of the luma at a quarter of the size: 14 x 14 of 4. */
export const TONE_BLOCK_SIZE = 4;
export const TONE_BLOCK_TAIL = 20;

/** Strokes are what a 3 x 3 opening or closing at half the size takes away: up to 4 pixels of the crop. */
export const STROKE_SIZE = 3;

/**
 * The search for the grid of a picture's JPEG blocks. The blocks' 8 pixels are any number of pixels once the picture
 * has been resized, so lines are sought at `count` frequencies between the two, in cycles per pixel: periods of 9.5 to
 * 3.2 pixels, a quarter of a line apart. Steps of luma count up to `lumaStep`, as block borders are many and weak where
 * outlines are few and strong; those of colour, which JPEG rounds harder, up to `colourStep`.
 */
export const GRID = {
  from: 1 / 9.5,
  to: 1 / 3.2,
  count: 48,
  lumaStep: 0.012,
  colourStep: 0.03,
  /** Window of the running mean that is taken off the profile. */
  smoothing: 11,
  /** Added to the profile's mean: no step at all. */
  smallStep: 2e-4,
  /** Added to the product of two powers before the logarithm. */
  smallPower: 1e-12,
} as const;

/** The grid's frequencies, in radians per pixel. */
export const GRID_FREQUENCIES: readonly number[] = Array.from(
  { length: GRID.count },
  (_, k) => 2 * Math.PI * (GRID.from + (k * (GRID.to - GRID.from)) / (GRID.count - 1)),
);

/** Steps between neighbours in a row of the picture. */
export const STEP_COUNT: number = IMAGE_SIZE - 1;

/** Hann's window over the steps, of sum 1. */
export const STEP_WINDOW: readonly number[] = Array.from(
  { length: STEP_COUNT },
  (_, x) => (1 - Math.cos((2 * Math.PI * (x + 1)) / (STEP_COUNT + 1))) / (STEP_COUNT + 1),
);

/** Gaussian weights of the composition masks, as shares of the side. */
export const MASK_SIGMA = { thirds: 0.09, centre: 0.15 } as const;
export const BORDER_SHARE = 1 / 8;

/**
 * A measure of a picture: what it is, whose it is, and the value and the change that its two features are centred
 * and scaled by (roughly the median and the spread over photographs).
 */
export interface Measure {
  readonly name: string;
  readonly meaning: string;
  readonly source: string;
  readonly centre: number;
  readonly spread: number;
}

/** @param scale its centre and its spread */
function measure(
  name: string,
  [centre, spread]: readonly [number, number],
  meaning: string,
  source: string,
): Measure {
  return { name, centre, spread, meaning, source };
}

/**
 * The measures, in the order of the embedding. Pixels are 0..1; 1/2 and 1/4 stand for the crop averaged
 * to that part of its side.
 */
export const MEASURES: readonly Measure[] = [
  measure('luminance', [0.45, 0.25], 'mean luma', 'ITU-R BT.601'),
  measure('contrast', [0.22, 0.12], 'standard deviation of luma', 'Peli 1990, RMS contrast'),
  measure('saturation', [0.25, 0.2], 'mean of max(R,G,B) - min(R,G,B)', 'Smith 1978, HSV chroma'),
  measure('saturation_spread', [0.15, 0.1], 'standard deviation of chroma', 'Smith 1978'),
  measure('colourfulness', [0.25, 0.2], 'sd of rg, yb + 0.3 of their mean', 'Hasler and Suesstrunk 2003'),
  measure('warmth', [0.05, 0.2], 'mean R - B', 'opponent axis'),
  measure('sharpness', [-5, 2], 'ln variance of the Laplacian', 'Pech-Pacheco et al. 2000'),
  measure('sharpness_half', [-4.5, 1.5], 'the same at 1/2', 'Pech-Pacheco et al. 2000'),
  measure('sharpness_quarter', [-4, 1.5], 'the same at 1/4', 'Pech-Pacheco et al. 2000'),
  measure('fine_detail', [-0.7, 1], 'sharpness less sharpness at 1/2', 'slope of the spectrum, Field 1987'),
  measure('coarse_detail', [-0.5, 1], 'sharpness at 1/2 less at 1/4', 'slope of the spectrum, Field 1987'),
  measure(
    'subject_sharpness',
    [-2.5, 1],
    'ln mean |Laplacian| of the sharpest quarter of blocks',
    'Pech-Pacheco et al. 2000, by blocks',
  ),
  measure('edges', [0.04, 0.03], 'mean Sobel slope', 'Sobel and Feldman 1968'),
  measure('edges_quarter', [0.06, 0.04], 'the same at 1/4', 'Sobel and Feldman 1968'),
  measure('edge_direction', [0.5, 0.08], 'share of horizontal slopes in all', 'Sobel and Feldman 1968'),
  measure('noise', [-3.5, 1], 'ln noise estimate', 'Immerkaer 1996'),
  measure('flat_noise', [-5, 1], 'the same in the quietest quarter of blocks', 'Immerkaer 1996, by blocks'),
  measure('colour_noise', [-5, 1], 'the same on R - G', 'Immerkaer 1996, opponent axis'),
  measure('flat_share', [0.25, 0.25], 'share of blocks without slopes', 'by blocks'),
  measure('blown', [0.05, 0.1], 'share of blown highlights', 'exposure clipping'),
  measure('crushed', [0.05, 0.1], 'share of crushed shadows', 'exposure clipping'),
  measure(
    'tone_entropy',
    [0.85, 0.12],
    'entropy of a 16-bin tone histogram at 1/4, of its maximum',
    'Shannon 1948',
  ),
  measure(
    'tone_range',
    [0.55, 0.2],
    'mean luma of the lightest less the darkest tenth of blocks',
    'dynamic range',
  ),
  measure(
    'thirds',
    [0.3, 0.1],
    'share of edge energy around the four points of the thirds',
    'rule of thirds, Datta et al. 2006',
  ),
  measure('centre', [0.18, 0.08], 'share of edge energy in the middle', 'Datta et al. 2006'),
  measure('border', [0.35, 0.12], 'share of edge energy at the border', 'Datta et al. 2006'),
  measure('paper', [0.1, 0.2], 'share of white paper', 'document scans'),
  measure('light_strokes', [-4.2, 0.8], 'ln mean white top-hat at 1/2', 'Meyer 1979, top-hat'),
  measure('dark_strokes', [-4.2, 0.8], 'ln mean black top-hat at 1/2', 'Meyer 1979, top-hat'),
  measure(
    'stroke_balance',
    [0, 0.3],
    'light less dark strokes, of their sum: overlaid white text',
    'Meyer 1979, top-hat',
  ),
  measure(
    'block_grid',
    [-3.5, 1.2],
    'ln strength of a square grid in the steps of luma',
    'Wang, Bovik and Evans 2000, at unknown period',
  ),
  measure('colour_grid', [-2.3, 0.9], 'the same on R - G', 'Wang, Bovik and Evans 2000, opponent axis'),
  measure(
    'frame_lines',
    [0.6, 0.25],
    'share of the picture that its longest straight line crosses, both ways',
    'Hough 1962, along the axes',
  ),
];

/** Length of the embedding: sine and cosine of each measure's angle. */
export const DIMENSION: number = 2 * MEASURES.length;
