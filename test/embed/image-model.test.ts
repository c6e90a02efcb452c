import test, { type ExecutionContext } from 'ava';
import { SharedBlocks, writeBlock } from '../../src/base/shared-blocks.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { createEncoder } from '../../src/embed/encoder.ts';
import { type ImageModel, type ImageModelOptions, startImageModel } from '../../src/embed/image-model.ts';
import type { ImageModelSpec } from '../../src/embed/spec.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import { channelMeans, noiseCrops, temporaryFolder, writeOddModel } from '../helpers/odd-models.ts';
import { withPreload } from '../helpers/preload.ts';
import { clip } from '../helpers/transforms.ts';

const BRIGHTNESS_SIZE = 12;

/** A model of one value: how bright an image is, of pixels that are shifted by 0.5 first. */
async function brightness(t: ExecutionContext): Promise<ImageModelSpec> {
  const modelPath = await writeOddModel(await temporaryFolder(t), {
    inputShape: ['n', 3, BRIGHTNESS_SIZE, BRIGHTNESS_SIZE],
    outputShape: ['n', 1],
    build: (graph, input) => {
      channelMeans(graph, input, 'means');
      graph.node('ReduceMean', ['means'], { axes: { ints: [1] }, keepdims: { int: 1 } }, 'embedding');
    },
  });
  const transform = { ...clip(BRIGHTNESS_SIZE), mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } as const;
  return { modelPath, transform, width: 1, rows: 'plain' };
}

async function start(
  t: ExecutionContext,
  spec: ImageModelSpec,
  options: Partial<ImageModelOptions> = {},
): Promise<ImageModel> {
  const running = { device: 'cpu', batchSize: 4, threads: 1 } as const;
  const names = { title: 'light meter', timeoutFlag: '--meter-timeout' };
  const model = await startImageModel({ spec, ...names, ...running, ...options });
  t.teardown(() => model.stop());
  return model;
}

/** 0.2 of red, 0.6 of green, all of blue. */
async function bluePicture(): Promise<Buffer> {
  const background = { r: 51, g: 153, b: 255 };
  return sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .png()
    .toBuffer();
}

function isNear(values: ArrayLike<number>, wanted: readonly number[]): boolean {
  return values.length === wanted.length && wanted.every((value, i) => Math.abs(value - values[i]!) < 1e-6);
}

test('two models take their own crops of one decoded image, and give rows of their own width and kind', async (t) => {
  const files = await resolveEncoder(await writeOddModel(await temporaryFolder(t)));
  const encoder = await createEncoder({ files, device: 'cpu', batchSize: 2, threads: 1 });
  t.teardown(() => encoder.stop());
  const meter = await start(t, await brightness(t));
  const transforms = [encoder.transform, meter.transform];
  const decoder = createDecoder({ transforms, mode: 'exact', processes: 1 });
  t.teardown(() => decoder.stop());
  const outcome = await decoder.decode(await bluePicture());
  if (outcome.kind === 'failed') return t.fail(outcome.message);
  const [forEncoder, forMeter] = outcome.crops;
  const norm = Math.hypot(0.2, 0.6, 1);
  t.true(isNear(await encoder.embed([forEncoder!]), [0.2 / norm, 0.6 / norm, 1 / norm]));
  t.true(isNear(await meter.run([forMeter!]), [0.1]));
  await t.throwsAsync(meter.run([forEncoder!]), {
    instanceOf: RangeError,
    message: 'A crop has 192 bytes; the light meter takes 432.',
  });
  return undefined;
});

test('rows come in the order of the crops, whatever their number', async (t) => {
  const meter = await start(t, await brightness(t));
  const crops = noiseCrops(11, BRIGHTNESS_SIZE);
  const wanted = crops.map((crop) => crop.reduce((sum, value) => sum + value / 255, 0) / crop.length - 0.5);
  t.true(isNear(await meter.run(crops), wanted));
  t.is(meter.width, 1);
  t.true(meter.batchInvariant);
});

test('crops in shared memory and crops that come along have the same rows, in any order', async (t) => {
  const spec = await brightness(t);
  const crops = noiseCrops(6, BRIGHTNESS_SIZE);
  const blocks = SharedBlocks.open(crops[0]!.byteLength, crops.length);
  if (!blocks) return t.pass('no memory folder here');
  t.teardown(() => blocks.close());
  const meter = await start(t, spec, { blocks: blocks.descriptor });
  const shared = crops.map((crop, i) => {
    const place = blocks.take()!;
    t.true(writeBlock(blocks.descriptor, [crop], place));
    return i % 3 === 1 ? crop : blocks.bytesAt(place, crop.byteLength);
  });
  t.deepEqual(await meter.run(shared), await meter.run(crops));
  return undefined;
});

test('an encoder tells what a run puts on record of it', async (t) => {
  const files = await resolveEncoder(await writeOddModel(await temporaryFolder(t)));
  const encoder = await createEncoder({ files, device: 'cpu', batchSize: 2, threads: 1 });
  t.teardown(() => encoder.stop());
  t.like(encoder, {
    name: 'small',
    description: 'a model of a test',
    digest: files.digest,
    dimension: 3,
    provider: 'cpu',
    batchInvariant: true,
    transform: { sizePx: 8, resize: 'short-side', interpolation: 'bicubic', mean: [0, 0, 0], std: [1, 1, 1] },
  });
});

test('a model whose rows have another width than was said is refused', async (t) => {
  const spec = await brightness(t);
  const error = await t.throwsAsync(start(t, { ...spec, width: 2 }), { code: 'BB_MODEL_GRAPH' });
  t.regex(error?.message ?? '', /is \[n, 1\], but the manifest states rows of \[batch, 2\]/);
});

test.serial('what cannot be started is called what it is to the user', async (t) => {
  const spec = await brightness(t);
  const dies = "process.stderr.write('no more light\\n'); process.exitCode = 3; process.kill(process.pid);";
  await withPreload(await temporaryFolder(t), dies, async () => {
    const error = await t.throwsAsync(start(t, spec), { code: 'BB_EMBED_FAILED' });
    t.regex(error?.message ?? '', /^The light meter .*could not be started: .*no more light/s);
  });
});
