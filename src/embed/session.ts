import { dirname } from 'node:path';
import type { InferenceSession as Session } from 'onnxruntime-node';
import { BowerbirdError, firstLine } from '../base/errors.ts';
import { graphError } from './onnx/interface.ts';
import type { WrappedModel } from './onnx/wrap.ts';
import { env, InferenceSession, listSupportedBackends } from './onnxruntime.ts';

// What goes wrong is thrown as well; printed, it would end up among a process's last words.
env.logLevel = 'fatal';

/** Where a model may run. */
export type Device = Provider | 'auto';

/** An execution provider of onnxruntime-node. */
export type Provider = 'cpu' | 'cuda' | 'tensorrt' | 'webgpu';

/** A loaded model and where it runs. */
export interface OpenSession {
  readonly session: Session;
  readonly provider: Provider;
}

const ADVICE: Readonly<Record<Provider, string>> = {
  cpu: 'Reinstall onnxruntime-node',
  cuda: 'Install the CUDA provider of the same onnxruntime version, CUDA 12 and cuDNN 9',
  tensorrt: 'Install the TensorRT and CUDA providers of the same onnxruntime version, and TensorRT',
  webgpu: 'Install a Vulkan driver and libvulkan.so.1',
};

/**
 * Loads a wrapped model on a device. `auto` takes CUDA where it works and the CPU elsewhere.
 *
 * @throws BowerbirdError BB_DEVICE_UNAVAILABLE where the device is missing, BB_MODEL_GRAPH where the model is at fault
 */
export async function openSession(
  model: WrappedModel,
  modelPath: string,
  device: Device,
  threads: number,
): Promise<OpenSession> {
  const load = async (provider: Provider): Promise<OpenSession> => ({
    session: await InferenceSession.create(model.bytes, sessionOptions(model, modelPath, provider, threads)),
    provider,
  });
  if (device === 'auto') {
    const cuda = isKnown('cuda') ? await load('cuda').catch(() => undefined) : undefined;
    if (cuda) return cuda;
  }
  const provider = device === 'auto' ? 'cpu' : device;
  if (!isKnown(provider)) throw unavailable(provider, 'this build of onnxruntime-node does not know it');
  try {
    return await load(provider);
  } catch (thrown) {
    // The same model on the CPU tells a missing device from a broken model.
    const works = provider !== 'cpu' && (await load('cpu').catch(() => undefined));
    if (works) throw unavailable(provider, firstLine(thrown));
    throw graphError(modelPath, `onnxruntime refuses it: ${firstLine(thrown)}`, thrown);
  }
}

function sessionOptions(
  model: WrappedModel,
  modelPath: string,
  provider: Provider,
  threads: number,
): Session.SessionOptions {
  return {
    executionProviders: [provider],
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    graphOptimizationLevel: optimizationOf(model),
    ...(model.hasExternalData
      ? { extra: { session: { model_external_initializers_file_folder_path: dirname(modelPath) } } }
      : {}),
  };
}

/** Channels that onnxruntime's processors of 256 bits have in a block (mlas, `MlasNchwcGetBlockSize`); those of 512 have 16. */
const CHANNELS_IN_BLOCK = 8;

/**
 * Level `all` is `extended` with convolutions on blocks of channels. Where none gives a whole block, most of each is computed for
 * nothing: the built-in encoder takes two and a half times the CPU time, and six times the memory.
 * At level `all`, onnxruntime 1.30 also crashes while it loads a float16 model on the CPU.
 */
function optimizationOf({ hasFloat16, mostKernels }: WrappedModel): 'all' | 'extended' {
  const hasPartBlocksAlone = mostKernels > 0 && mostKernels < CHANNELS_IN_BLOCK;
  return hasFloat16 || hasPartBlocksAlone ? 'extended' : 'all';
}

function isKnown(provider: Provider): boolean {
  return listSupportedBackends().some(({ name }) => name === provider);
}

function unavailable(provider: Provider, problem: string): BowerbirdError {
  return new BowerbirdError(
    'BB_DEVICE_UNAVAILABLE',
    `The device ${provider} is not available: ${problem}. ${ADVICE[provider]} (docs/gpu.md), or use --device cpu.`,
    { fields: { device: provider } },
  );
}
