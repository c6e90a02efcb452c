// From the modes that Pillow resizes in to RGB, with Pillow's rounding (libImaging/Convert.c: rgbA2rgba, cmyk2rgb).

/** Divides by alpha again and drops it. Pixels without any alpha stay as they are. */
export function unpremultipliedToRgb(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]! || 255;
    for (let c = 0; c < 3; c++) rgb[to + c] = Math.min(Math.trunc((255 * rgba[from + c]!) / alpha), 255);
  }
  return rgb;
}

/** Drops the fourth channel. */
export function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return rgb;
}

/** Ink over black: `(255 - k) - c * (255 - k) / 255`, no colour management. */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = Math.max(light - multiplyDivide255(cmyk[from + c]!, light), 0);
  }
  return rgb;
}

function multiplyDivide255(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/** Divides the colours by alpha, as Pillow unpacks its rawmode RGBa (libImaging/Unpack.c). */
export function straightFromPremultiplied(rgba: Uint8Array): Uint8Array {
  const straight = new Uint8Array(rgba.length);
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3]!;
    if (alpha === 0) continue;
    for (let c = at; c < at + 3; c++) straight[c] = Math.min(Math.trunc((rgba[c]! * 255) / alpha), 255);
    straight[at + 3] = alpha;
  }
  return straight;
}
