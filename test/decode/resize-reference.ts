// Pillow's ImagingResample for 8-bit images and torchvision's geometry, in the plainest TypeScript: the whole image is
// resized, one channel value at a time, and then cropped. The oracle of the WebAssembly kernel.

interface Image {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const PRECISION_BITS = 32 - 8 - 2;

function bicubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
  return 0;
}

interface Window {
  readonly start: number;
  readonly weights: number[];
}

function windows(inSize: number, outSize: number): Window[] {
  const scale = inSize / outSize;
  const filterScale = Math.max(scale, 1);
  const support = 2 * filterScale;
  return Array.from({ length: outSize }, (_, out) => {
    const center = (out + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), inSize);
    const weights: number[] = [];
    for (let i = 0; i < end - start; i++)
      weights.push(bicubic((i + start - center + 0.5) * (1 / filterScale)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { start, weights: weights.map((weight) => toFixedPoint(sum === 0 ? weight : weight / sum)) };
  });
}

function toFixedPoint(weight: number): number {
  return weight < 0
    ? Math.trunc(-0.5 + weight * (1 << PRECISION_BITS))
    : Math.trunc(0.5 + weight * (1 << PRECISION_BITS));
}

function clip8(sum: number): number {
  return Math.min(Math.max(sum >> PRECISION_BITS, 0), 255);
}

function resizeWidth({ data, width, height }: Image, channels: number, outWidth: number): Image {
  const out = new Uint8Array(outWidth * height * channels);
  for (const [x, { start, weights }] of windows(width, outWidth).entries())
    for (let y = 0; y < height; y++)
      for (let c = 0; c < channels; c++) {
        let sum = 1 << (PRECISION_BITS - 1);
        for (const [i, weight] of weights.entries())
          sum += data[(y * width + start + i) * channels + c]! * weight;
        out[(y * outWidth + x) * channels + c] = clip8(sum);
      }
  return { data: out, width: outWidth, height };
}

function transpose({ data, width, height }: Image, channels: number): Image {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        out[(x * height + y) * channels + c] = data[(y * width + x) * channels + c]!;
  return { data: out, width: height, height: width };
}

function pythonRound(half: number): number {
  const near = Math.round(half);
  return Math.abs(half % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

/** Resize(size, BICUBIC) and CenterCrop(size). */
export function referenceResizeAndCrop(image: Image, channels: number, size: number): Uint8Array {
  const { width, height } = image;
  const [outWidth, outHeight] =
    width <= height
      ? [size, Math.trunc((size * height) / width)]
      : [Math.trunc((size * width) / height), size];
  const narrow = resizeWidth(image, channels, outWidth);
  const resized = transpose(resizeWidth(transpose(narrow, channels), channels, outHeight), channels);
  const left = pythonRound((outWidth - size) / 2);
  const top = pythonRound((outHeight - size) / 2);
  const out: number[] = [];
  for (let y = top; y < top + size; y++)
    out.push(
      ...resized.data.subarray((y * outWidth + left) * channels, (y * outWidth + left + size) * channels),
    );
  return Uint8Array.from(out);
}
