const COLOURS = 256;

/** Entry i is the grey i. */
export function greyPalette(): Uint8Array {
  return Uint8Array.from({ length: 3 * COLOURS }, (_, i) => Math.trunc(i / 3));
}

/** 256 colours, RGB, of which the table gives the first; the rest is black. */
export function paletteOf(table: Uint8Array): Uint8Array {
  const palette = new Uint8Array(3 * COLOURS);
  palette.set(table.subarray(0, Math.min(table.length - (table.length % 3), palette.length)));
  return palette;
}

/** Whether a table of RGB colours says nothing but "index is grey": Pillow then opens the image as greyscale. */
export function isGreyRamp(table: Uint8Array): boolean {
  return table.every((value, i) => value === Math.trunc(i / 3));
}

/** RGB of indices. */
export function rgbOfGrey(indices: Uint8Array, palette: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(indices.length * 3);
  for (let from = 0, to = 0; from < indices.length; from++, to += 3) {
    const at = indices[from]! * 3;
    rgb[to] = palette[at]!;
    rgb[to + 1] = palette[at + 1]!;
    rgb[to + 2] = palette[at + 2]!;
  }
  return rgb;
}
