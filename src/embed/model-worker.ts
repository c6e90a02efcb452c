// A process of an image model: crops in, rows out.
import { childSettings, serveParent } from '../base/child-server.ts';
import { BLOCKS_DESCRIPTOR, readBlock } from '../base/shared-blocks.ts';
import { graphError } from './onnx/interface.ts';
import { type WrappedModel, wrapModel } from './onnx/wrap.ts';
import { env, Tensor } from './onnxruntime.ts';
import { type Device, type OpenSession, openSession, type Provider } from './session.ts';
import { cropBytesOf, type ImageModelSpec, OUTPUT_NOUNS } from './spec.ts';

/** What a process of a model is started with. */
export interface WorkerSettings {
  readonly spec: ImageModelSpec;
  readonly batchSize: number;
  readonly threads: number;
}

/** What a process says of itself once its session is open. */
export interface OpenReply {
  readonly provider: Provider;
  readonly batchSize: number;
  /** The runtime's, as its package has it. */
  readonly runtimeVersion: string;
}

/** The most memory that a process of a model has had so far. */
export interface MemoryReply {
  readonly peakBytes: number;
}

interface Loaded extends OpenSession, Omit<OpenReply, 'runtimeVersion'> {
  readonly model: Omit<WrappedModel, 'bytes'>;
  /** One batch of crops; short batches are padded with black. */
  readonly pixels: Uint8Array;
}

const settings = childSettings<WorkerSettings>();
const { spec } = settings;
const cropBytes = cropBytesOf(spec);
let loading: Promise<Loaded> | undefined;
let busy: Promise<unknown> = Promise.resolve();

/** Opened on the first request, so that a process that replaces a dead one needs no greeting. */
function loaded(args: Readonly<Record<string, unknown>>): Promise<Loaded> {
  loading ??= load(args['device'] as Device);
  return loading;
}

async function load(device: Device): Promise<Loaded> {
  const { bytes, ...model } = wrapModel(spec);
  const opened = await openSession({ ...model, bytes }, spec.modelPath, device, settings.threads);
  const batchSize = model.fixedBatch ?? settings.batchSize;
  return { ...opened, model, batchSize, pixels: new Uint8Array(batchSize * cropBytes) };
}

/** What a process of a model is told of a batch. */
export interface RunArguments {
  /** Of each crop: where it lies in the file of blocks; null for the next one of the bytes that came along. */
  readonly places: readonly (number | null)[];
}

/** Crops that came along and such in blocks, in their order; the rest of the batch is black. */
function fillPixels(pixels: Uint8Array, body: Buffer, { places }: RunArguments): void {
  let used = 0;
  for (const [i, place] of places.entries()) {
    const target = pixels.subarray(i * cropBytes, (i + 1) * cropBytes);
    if (place !== null) readBlock(BLOCKS_DESCRIPTOR, target, place);
    else {
      target.set(body.subarray(used, used + cropBytes));
      used += cropBytes;
    }
  }
  pixels.fill(0, places.length * cropBytes);
}

async function runBatch(
  { session, model, batchSize, pixels }: Loaded,
  body: Buffer,
  batch: RunArguments,
): Promise<Float32Array> {
  fillPixels(pixels, body, batch);
  const { transform, width, modelPath, rows } = spec;
  const input = new Tensor('uint8', pixels, [batchSize, transform.sizePx, transform.sizePx, 3]);
  const output = (await session.run({ [model.inputName]: input }))[model.outputName]!;
  if (output.dims.join() !== `${batchSize},${width}`)
    throw graphError(
      modelPath,
      `it gives ${OUTPUT_NOUNS[rows]} of [${output.dims.join(', ')}] where [${batchSize}, ${width}] was expected.`,
    );
  return (output.data as Float32Array).subarray(0, batch.places.length * width);
}

/** One batch at a time: they share the input buffer. The next one has arrived meanwhile. */
function inTurn(opened: Loaded, body: Buffer, batch: RunArguments): Promise<Float32Array> {
  const rows = busy.then(() => runBatch(opened, body, batch));
  busy = rows.catch(() => undefined);
  return rows;
}

serveParent({
  open: async (args) => {
    const { provider, batchSize } = await loaded(args);
    const runtimeVersion = env.versions.node ?? env.versions.common;
    return { values: { provider, batchSize, runtimeVersion } satisfies OpenReply };
  },
  run: async (args, body) => {
    const rows = await inTurn(await loaded(args), body, args as unknown as RunArguments);
    return { parts: [new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)] };
  },
  memory: async () => ({
    values: { peakBytes: 1024 * process.resourceUsage().maxRSS } satisfies MemoryReply,
  }),
});
