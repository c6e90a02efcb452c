import { writeFileAtomic } from '../../base/files.ts';
import { readPlainText } from '../../base/plain-file.ts';
import { inCache } from './cache.ts';
import type { EncoderEntry, HeadEntry } from './entry.ts';

/**
 * Writes what a model's file does not say beside it, where that is not there yet: a cache that may only be read is left
 * as it is.
 */
export async function writeBeside(path: string, content: Readonly<Record<string, unknown>>): Promise<void> {
  const text = `${JSON.stringify(content, undefined, 2)}\n`;
  if ((await present(path)) !== text) await inCache(path, () => writeFileAtomic(path, text));
}

async function present(path: string): Promise<string | undefined> {
  try {
    return await readPlainText(path);
  } catch {
    return undefined;
  }
}

/** The manifest of an encoder (schemas/encoder-manifest.schema.json). */
export function encoderManifest(entry: EncoderEntry): Readonly<Record<string, unknown>> {
  return {
    name: entry.name,
    description: entry.description,
    input_size: entry.inputSizePx,
    mean: entry.mean,
    std: entry.std,
    dimension: entry.dimension,
    transform: entry.resize,
    ...(entry.resizeSizePx !== undefined && { resize_size: entry.resizeSizePx }),
    ...(entry.interpolation !== 'bicubic' && { interpolation: entry.interpolation }),
    ...(entry.output !== undefined && { output: entry.output }),
  };
}

/** The manifest of a head (docs/heads.md). */
export function headManifest(entry: HeadEntry): Readonly<Record<string, unknown>> {
  return { tag: entry.tag, encoder: { name: entry.encoder }, ...entry.manifest };
}
