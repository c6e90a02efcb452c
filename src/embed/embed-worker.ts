import { childSettings, serveParent } from '../base/child-server.ts';
import type { EncoderManifest } from '../models/manifest.ts';
import { graphError } from './onnx/interface.ts';
import { type WrappedModel, wrapModel } from './onnx/wrap.ts';
import { Tensor } from './onnxruntime.ts';
import { type Device, type OpenSession, openSession, type Provider } from './session.ts';

/** What a process of the encoder is started with. */
export interface WorkerSettings {
  readonly modelPath: string;
  readonly manifest: EncoderManifest;
  readonly batchSize: number;
  readonly threads: number;
}

/** What a process says of itself once its session is open. */
export interface OpenReply {
  readonly provider: Provider;
  readonly batchSize: number;
}

interface Loaded extends OpenSession, OpenReply {
  readonly model: Omit<WrappedModel, 'bytes'>;
  /** One batch of crops; short batches are padded with black. */
  readonly pixels: Uint8Array;
}

const settings = childSettings<WorkerSettings>();
const { modelPath, manifest } = settings;
const cropBytes = manifest.inputSize * manifest.inputSize * 3;
let loading: Promise<Loaded> | undefined;
let busy: Promise<unknown> = Promise.resolve();

/** Opened on the first request, so that a process that replaces a dead one needs no greeting. */
function loaded(args: Readonly<Record<string, unknown>>): Promise<Loaded> {
  loading ??= load(args['device'] as Device);
  return loading;
}

async function load(device: Device): Promise<Loaded> {
  const { bytes, ...model } = wrapModel(modelPath, manifest);
  const opened = await openSession({ ...model, bytes }, modelPath, device, settings.threads);
  const batchSize = model.fixedBatch ?? settings.batchSize;
  return { ...opened, model, batchSize, pixels: new Uint8Array(batchSize * cropBytes) };
}

async function run({ session, model, batchSize, pixels }: Loaded, body: Buffer): Promise<Float32Array> {
  pixels.set(body);
  pixels.fill(0, body.length);
  const { inputSize, dimension } = manifest;
  const input = new Tensor('uint8', pixels, [batchSize, inputSize, inputSize, 3]);
  const output = (await session.run({ [model.inputName]: input }))[model.outputName]!;
  if (output.dims.join() !== `${batchSize},${dimension}`)
    throw graphError(
      modelPath,
      `it gives an embedding of [${output.dims.join(', ')}] where [${batchSize}, ${dimension}] was expected.`,
    );
  return (output.data as Float32Array).subarray(0, (body.length / cropBytes) * dimension);
}

/** One batch at a time: they share the input buffer. The next one has arrived meanwhile. */
function embed(opened: Loaded, body: Buffer): Promise<Float32Array> {
  const rows = busy.then(() => run(opened, body));
  busy = rows.catch(() => undefined);
  return rows;
}

serveParent({
  open: async (args) => {
    const { provider, batchSize } = await loaded(args);
    return { values: { provider, batchSize } satisfies OpenReply };
  },
  embed: async (args, body) => {
    const rows = await embed(await loaded(args), body);
    return { parts: [new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)] };
  },
});
