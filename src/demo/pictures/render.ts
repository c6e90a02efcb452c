import sharp from 'sharp';
import type { Picture } from '../catalogue.ts';
import { Canvas } from './canvas.ts';
import { degrade } from './degrade.ts';
import { SCENES } from './scenes.ts';

const JPEG_QUALITY = 84;
const CRUSHED_JPEG_QUALITY = 5;
const WEBP_QUALITY = 82;

/**
 * Paints and encodes a picture of the catalogue. The pixels depend on the entry alone; the file's bytes
 * also on the version of sharp.
 */
export async function renderPicture(picture: Picture): Promise<Buffer> {
  const { scene, seed, width, height, flaw, format } = picture;
  const painted = SCENES[scene](new Canvas(width, height), seed);
  const canvas = flaw ? degrade(painted, flaw, seed) : painted;
  const image = sharp(canvas.toBytes(), { raw: { width: canvas.width, height: canvas.height, channels: 3 } });
  if (format === 'png') return image.png({ compressionLevel: 6 }).toBuffer();
  if (format === 'webp') return image.webp({ quality: WEBP_QUALITY, effort: 1 }).toBuffer();
  return image.jpeg({ quality: flaw === 'crushed' ? CRUSHED_JPEG_QUALITY : JPEG_QUALITY }).toBuffer();
}
