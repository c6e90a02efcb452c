// A process that runs a model as plainly as can be: what it gives is held against what the fast way gives.
import { dirname } from 'node:path';
import type { InferenceSession as Session } from 'onnxruntime-node';
import { childSettings, serveParent } from '../base/child-server.ts';
import { fromFloat16Bits, toFloat16Bits } from '../base/float16.ts';
import { ElementType } from '../models/onnx/model-summary.ts';
import { checkInterface, type ModelInterface, readModel } from './onnx/interface.ts';
import { InferenceSession, Tensor } from './onnxruntime.ts';
import type { Normalisation, ReferenceSettings } from './reference.ts';
import { cropBytesOf } from './spec.ts';

const { spec, threads } = childSettings<ReferenceSettings>();
const { sizePx } = spec.transform;

interface Loaded {
  readonly session: Session;
  readonly model: ModelInterface;
}

let loading: Promise<Loaded> | undefined;

/** The model as it lies on disk, without any of onnxruntime's fusions. */
async function load(): Promise<Loaded> {
  const model = readModel(spec.modelPath, (_, summary) => checkInterface(summary, spec));
  const session = await InferenceSession.create(spec.modelPath, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: threads,
    extra: { session: { model_external_initializers_file_folder_path: dirname(spec.modelPath) } },
  });
  return { session, model };
}

/** One picture, `[sizePx, sizePx, 3]` -> `[batch, 3, sizePx, sizePx]`, as `(x / 255 - mean) / std`; others of the batch are zero. */
function planes(crop: Uint8Array, { mean, std }: Normalisation, batch: number): Float32Array {
  const area = sizePx * sizePx;
  const values = new Float32Array(batch * 3 * area);
  for (let channel = 0; channel < 3; channel++)
    for (let i = 0; i < area; i++)
      values[channel * area + i] = (crop[3 * i + channel]! / 255 - mean[channel]!) / std[channel]!;
  return values;
}

async function row({ session, model }: Loaded, crop: Uint8Array, how: Normalisation): Promise<Float32Array> {
  const { input, output, fixedBatch = 1 } = model;
  const values = planes(crop, how, fixedBatch);
  const shape = [fixedBatch, 3, sizePx, sizePx];
  const tensor =
    input.elementType === ElementType.float16
      ? new Tensor('float16', toFloat16Bits(values), shape)
      : new Tensor('float32', values, shape);
  const { data } = (await session.run({ [input.name]: tensor }, [output.name]))[output.name]!;
  const rows = data instanceof Float32Array ? data : fromFloat16Bits(data as Uint16Array);
  return rows.subarray(0, spec.width);
}

serveParent({
  run: async (args, body) => {
    loading ??= load();
    const loaded = await loading;
    const bytes = cropBytesOf(spec);
    const rows = new Float32Array((body.length / bytes) * spec.width);
    for (let i = 0; i * bytes < body.length; i++) {
      const crop = body.subarray(i * bytes, (i + 1) * bytes);
      rows.set(await row(loaded, crop, args as unknown as Normalisation), i * spec.width);
    }
    return { parts: [new Uint8Array(rows.buffer)] };
  },
});
