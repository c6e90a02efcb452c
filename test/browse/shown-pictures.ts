import type { PageWindow } from '../../src/browse/page-data.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { makePicture } from '../helpers/pictures.ts';
import type { World } from './world.ts';

const PIXELS = 96 * 72 * 3;
/** WebP loses a little of each; the pictures of two seeds differ by more than this. */
const MOST_DIFFERENCE = 8;

const pixelsOf = (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).removeAlpha().raw().toBuffer();

const pixelsOfSeeds: Promise<Buffer>[] = [];

function pixelsOfSeed(seed: number): Promise<Buffer> {
  pixelsOfSeeds[seed] ??= makePicture(seed).then(pixelsOf);
  return pixelsOfSeeds[seed];
}

/** The seeds, of those up to a number, whose picture this is. */
async function seedsLike(bytes: Uint8Array, seeds: number): Promise<number[]> {
  const shown = await pixelsOf(bytes);
  const alike: number[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const pixels = await pixelsOfSeed(seed);
    let sum = 0;
    for (let i = 0; i < PIXELS; i++) sum += Math.abs(pixels[i]! - shown[i]!);
    if (sum / PIXELS < MOST_DIFFERENCE) alike.push(seed);
  }
  return alike;
}

/** Where a row's picture comes from, and whose it is when it is asked for. */
export interface ShownPicture {
  readonly origin: string | null;
  /** Of `makePicture`, up to `seeds`; undefined where no picture came. */
  readonly seeds: readonly number[] | undefined;
}

/** What the page shows of each row, by key. */
export async function shownPictures(
  { json, ask }: World,
  seeds: number,
): Promise<Readonly<Record<string, ShownPicture>>> {
  const { rows } = await json<PageWindow>('/rows?sort=input&count=100');
  const shown = rows.map(async ({ row, key, origin }) => {
    const answer = await ask(`/pictures/large/${row}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return [key!, { origin, seeds: answer.ok ? await seedsLike(bytes, seeds) : undefined }] as const;
  });
  return Object.fromEntries(await Promise.all(shown));
}
