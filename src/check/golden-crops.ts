import { createDecoder } from '../decode/decoder.ts';
import type { ImageTransform } from '../models/manifest.ts';
import { goldenPictures, swapRedAndBlue, toBmp } from './golden-pictures.ts';
import type { Mistake } from './mistakes.ts';

/** The golden pictures as a model gets them: rightly, and after each mistake. */
export interface GoldenCrops {
  readonly stated: readonly Uint8Array[];
  /** In the order of the mistakes. */
  readonly mistaken: readonly (readonly Uint8Array[])[];
}

/** Decodes, resizes and crops the golden pictures as a run does it. @throws BowerbirdError BB_DECODER_FAILED */
export async function goldenCrops(
  transform: ImageTransform,
  mistakes: readonly Mistake[],
): Promise<GoldenCrops> {
  const transforms = [transform, ...mistakes.map((mistake) => mistake.transform)];
  const decoder = createDecoder({ transforms, mode: 'exact', processes: 1 });
  try {
    await decoder.tryOut();
    const pictures = await Promise.all(
      goldenPictures(transform.sizePx).map(async (picture) => {
        const outcome = await decoder.decode(toBmp(picture));
        if (outcome.kind === 'failed')
          throw new Error(`A golden picture was not decoded: ${outcome.message}`);
        return outcome.crops;
      }),
    );
    const cropsOf = (place: number): Uint8Array[] => pictures.map((crops) => crops[place]!);
    const mistaken = mistakes.map(({ isSwapped }, i) =>
      isSwapped ? cropsOf(i + 1).map(swapRedAndBlue) : cropsOf(i + 1),
    );
    return { stated: cropsOf(0), mistaken };
  } finally {
    await decoder.stop();
  }
}
