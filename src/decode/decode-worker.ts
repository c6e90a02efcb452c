// A decoder process: image files in, crops out. Native decoders run here, so that a crash costs one process.

import { ByteBudget } from '../base/byte-budget.ts';
import { type ChildReply, childSettings, serveParent } from '../base/child-server.ts';
import { BLOCKS_DESCRIPTOR, writeBlock } from '../base/shared-blocks.ts';
import { decodeImage } from './decode-image.ts';
import type { DecodeArguments, DecodeWorkerSettings } from './decoder.ts';
import { examineImage } from './examine-image.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { Decoded, DecodeFailure } from './outcome.ts';
import { sharp } from './sharp-library.ts';

/** Room for many ordinary images at a time, or for one of the largest (64 megapixels) and some ordinary ones. */
const PIXEL_BUDGET_BYTES = 384 * 1024 * 1024;
const THUMBNAIL_QUALITY = 80;

// Each image is seen once, and several are decoded side by side: no cache, no threads inside one image.
sharp.cache(false);
sharp.concurrency(1);

const settings = childSettings<DecodeWorkerSettings>();
const decoding = { ...settings, budget: new ByteBudget(PIXEL_BUDGET_BYTES) };

/**
 * The crops follow each other in the order of the transforms, in the block at `place` if there is one, and what is saved comes after them;
 * the sizes of crops are known on both sides.
 */
function replyOf(outcome: Decoded | DecodeFailure, place?: number): ChildReply {
  if (outcome.kind === 'failed') return { values: { ...outcome } };
  const { crops, saved, ...values } = outcome;
  const isPlaced = place !== undefined && writeBlock(BLOCKS_DESCRIPTOR, crops, place);
  const parts = isPlaced ? [] : crops;
  if (!saved) return { values: { ...values, isPlaced }, parts };
  const { bytes, ...described } = saved;
  return { values: { ...values, isPlaced, saved: described }, parts: [...parts, bytes] };
}

serveParent({
  async decode(args, body) {
    const { asked } = settings;
    const { expected, place } = args as DecodeArguments;
    if (!asked) return replyOf(await decodeImage(body, decoding), place);
    return replyOf(await examineImage(body, expected, decoding, asked), place);
  },
  // A run's own limits may leave out so small a picture.
  tryOut: async (_args, body) =>
    replyOf(await decodeImage(body, { ...decoding, limits: DEFAULT_LIMITS, saving: undefined })),
  async thumbnail(args, body) {
    const cropSidePx = Math.sqrt(body.length / 3);
    const image = sharp(body, { raw: { width: cropSidePx, height: cropSidePx, channels: 3 } });
    const { width, height } = args as { readonly width: number; readonly height: number };
    const resized = image.resize(width, height, { fit: 'fill' });
    return { parts: [await resized.webp({ quality: THUMBNAIL_QUALITY }).toBuffer()] };
  },
});
