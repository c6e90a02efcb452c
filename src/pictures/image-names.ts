/** What images are called that lie beside others in a folder or an archive. */
const IMAGE_EXTENSIONS: readonly string[] = [
  'jpg',
  'jpeg',
  'png',
  'webp',
  'gif',
  'tif',
  'tiff',
  'avif',
  'bmp',
  'ico',
];

/** Whether an extension, without its point and whatever its case, is that of an image. */
export function isImageExtension(extension: string): boolean {
  return IMAGE_EXTENSIONS.includes(extension.toLowerCase());
}

/** A file's name in two: `a.b` and `jpg` of `a.b.jpg`; without an extension where it has none. */
export function splitName(name: string): { readonly stem: string; readonly extension: string } {
  const point = name.lastIndexOf('.');
  return point < 1
    ? { stem: name, extension: '' }
    : { stem: name.slice(0, point), extension: name.slice(point + 1) };
}

export function isImageName(name: string): boolean {
  return isImageExtension(splitName(name).extension);
}
