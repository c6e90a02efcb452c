import test from 'ava';
import { sharp } from '../../src/decode/sharp-library.ts';
import { CATALOGUE, type Picture } from '../../src/demo/catalogue.ts';
import { renderPicture } from '../../src/demo/pictures/render.ts';

const SOUND: Picture = {
  path: '/pictures/for-a-test.jpg',
  scene: 'balloons',
  seed: 5,
  width: 320,
  height: 240,
  format: 'jpeg',
  caption: null,
  punsafe: null,
  pwatermark: null,
  expected: 'good',
};

async function grey(picture: Picture): Promise<{ mean: number; stdev: number; sharpness: number }> {
  const { channels, sharpness } = await sharp(
    await sharp(await renderPicture(picture))
      .greyscale()
      .png()
      .toBuffer(),
  ).stats();
  return { mean: channels[0]!.mean, stdev: channels[0]!.stdev, sharpness };
}

function distinctValues(bytes: Uint8Array): number {
  const seen = new Uint8Array(256);
  for (const value of bytes) seen[value] = 1;
  return seen.reduce((sum, flag) => sum + flag, 0);
}

/** One picture of each scene with each format and flaw, the largest. */
function oneOfEachKind(): Picture[] {
  const bySize = [...CATALOGUE].sort((a, b) => a.width * a.height - b.width * b.height);
  return [
    ...new Map(bySize.map((picture) => [`${picture.scene} ${picture.format}`, picture])).values(),
    ...new Map(bySize.filter(({ flaw }) => flaw).map((picture) => [picture.flaw, picture])).values(),
  ];
}

test('every picture of the catalogue is painted, and decodes to the format and size that its entry names', async (t) => {
  const full = new Set(oneOfEachKind());
  for (const entry of CATALOGUE) {
    // What a picture shows comes from its seed, whatever its size.
    const picture = full.has(entry)
      ? entry
      : { ...entry, width: Math.round(entry.width / 4), height: Math.round(entry.height / 4) };
    const bytes = await renderPicture(picture);
    const { data, info } = await sharp(bytes, { failOn: 'warning' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const scale = picture.flaw === 'tiny' ? 0.1 : 1;
    const { format } = await sharp(bytes).metadata();
    t.deepEqual(
      [info.width, info.height, info.channels, format],
      [Math.round(picture.width * scale), Math.round(picture.height * scale), 3, picture.format],
      picture.path,
    );
    t.true(bytes.length < 200_000, `${picture.path} has ${bytes.length} bytes`);
    if (picture.expected === 'good') t.true(distinctValues(data) > 128, `${picture.path} is nearly empty`);
  }
});

test('the same entry gives the same bytes, another seed another picture, whatever the scene', async (t) => {
  for (const picture of new Map(CATALOGUE.map((entry) => [entry.scene, entry])).values()) {
    const small = { ...picture, width: 160, height: 120 };
    const bytes = await renderPicture(small);
    t.true(bytes.equals(await renderPicture(small)), picture.scene);
    t.false(bytes.equals(await renderPicture({ ...small, seed: small.seed + 1 })), picture.scene);
  }
});

test('a blurred picture is less sharp than the sound one, a noisy one sharper', async (t) => {
  const sound = await grey(SOUND);
  t.true((await grey({ ...SOUND, flaw: 'blurred' })).sharpness < sound.sharpness / 2);
  t.true((await grey({ ...SOUND, flaw: 'noisy' })).sharpness > sound.sharpness * 2);
});

test('a flat picture has less contrast, an overexposed one is brighter, an underexposed one darker', async (t) => {
  const sound = await grey(SOUND);
  t.true((await grey({ ...SOUND, flaw: 'flat' })).stdev < sound.stdev / 2);
  t.true((await grey({ ...SOUND, flaw: 'overexposed' })).mean > sound.mean + 40);
  t.true((await grey({ ...SOUND, flaw: 'underexposed' })).mean < sound.mean / 2);
});

test('a grey picture has hardly any colour left', async (t) => {
  const spread = async (picture: Picture): Promise<number> => {
    const data = await sharp(await renderPicture(picture))
      .raw()
      .toBuffer();
    let sum = 0;
    for (let i = 0; i < data.length; i += 3) {
      const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
      sum += Math.max(r, g, b) - Math.min(r, g, b);
    }
    return (sum * 3) / data.length;
  };
  const sound = await spread(SOUND);
  t.true((await spread({ ...SOUND, flaw: 'grey' })) < sound / 5, `${sound}`);
});

test('a crushed picture keeps its size in pixels and loses most of its bytes', async (t) => {
  const sound = await renderPicture(SOUND);
  const crushed = await renderPicture({ ...SOUND, flaw: 'crushed' });
  t.true(crushed.length < sound.length / 3);
  t.is((await sharp(crushed).metadata()).width, 320);
});

test('a stamp changes a good part of the picture and leaves the rest as it was', async (t) => {
  const picture = { ...SOUND, format: 'png' } as const;
  const sound = await sharp(await renderPicture(picture))
    .raw()
    .toBuffer();
  const stamped = await sharp(await renderPicture({ ...picture, flaw: 'stamped' }))
    .raw()
    .toBuffer();
  const changed = sound.reduce((count, value, i) => count + Number(value !== stamped[i]), 0) / sound.length;
  t.true(changed > 0.03 && changed < 0.5, `${changed}`);
});
