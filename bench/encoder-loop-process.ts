// A session of onnxruntime in a tight loop over one batch. Answers each line `{"batches": N}` with what that many runs took.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { encoderSpec } from '../src/embed/encoder.ts';
import { wrapModel } from '../src/embed/onnx/wrap.ts';
import { InferenceSession, Tensor } from '../src/embed/onnxruntime.ts';
import { type Device, openSession } from '../src/embed/session.ts';
import { resolveEncoder } from '../src/models/registry.ts';

/** What the loop is told in its first argument. */
export interface EncoderLoopSettings {
  readonly model: string;
  /** A file of crops, uint8 `[batchSize, sizePx, sizePx, 3]`. */
  readonly crops: string;
  readonly batchSize: number;
  readonly threads: number;
  readonly device: Device;
  /** `wrapped`: crops are normalised, and rows divided by their length, within the graph; `bare`: float32 images that are made beforehand. */
  readonly graph: 'wrapped' | 'bare';
}

/** What a number of batches took, and the first row: `[dimension]`, of any length. */
export interface EncoderTurn {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly row: readonly number[];
}

const settings = JSON.parse(process.argv[2]!) as EncoderLoopSettings;
const files = await resolveEncoder(settings.model);
const { sizePx, mean, std } = files.manifest.transform;
const crops = new Uint8Array(readFileSync(settings.crops));

async function openWrapped(): Promise<() => Promise<Float32Array>> {
  const model = wrapModel(encoderSpec(files));
  const { session } = await openSession(model, files.modelPath, settings.device, settings.threads);
  return async () => {
    const input = new Tensor('uint8', crops, [settings.batchSize, sizePx, sizePx, 3]);
    return (await session.run({ [model.inputName]: input }))[model.outputName]!.data as Float32Array;
  };
}

/** `(x / 255 - mean) / std`, planes of each colour. */
function normalised(): Float32Array {
  const planePixels = sizePx * sizePx;
  const values = new Float32Array(crops.length);
  for (let i = 0; i < crops.length; i++) {
    const channel = i % 3;
    const pixel = Math.floor(i / 3);
    const plane = 3 * Math.floor(pixel / planePixels) + channel;
    values[plane * planePixels + (pixel % planePixels)] = (crops[i]! / 255 - mean[channel]!) / std[channel]!;
  }
  return values;
}

async function openBare(): Promise<() => Promise<Float32Array>> {
  const session = await InferenceSession.create(files.modelPath, {
    executionProviders: [settings.device === 'auto' ? 'cpu' : settings.device],
    executionMode: 'sequential',
    intraOpNumThreads: settings.threads,
    graphOptimizationLevel: 'all',
  });
  const [inputName] = session.inputNames;
  const [outputName] = session.outputNames;
  const input = new Tensor('float32', normalised(), [settings.batchSize, 3, sizePx, sizePx]);
  return async () => (await session.run({ [inputName!]: input }))[outputName!]!.data as Float32Array;
}

const run = await (settings.graph === 'wrapped' ? openWrapped() : openBare());

async function turn(batches: number): Promise<EncoderTurn> {
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  let rows = await run();
  for (let batch = 1; batch < batches; batch++) rows = await run();
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds, cpuSeconds: (user + system) / 1e6, row: [...rows.subarray(0, files.manifest.dimension)] };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { batches } = JSON.parse(line) as { batches: number };
  console.log(JSON.stringify(await turn(batches)));
}
