import { createRequire } from 'node:module';
import type * as Onnxruntime from 'onnxruntime-node';

/**
 * onnxruntime's library, from 1.30 on, writes a device id into the user's cache folder, starts a thread and opens
 * connections to its maker's collector, in every process that loads it. It reads this variable once, when it is
 * loaded; `require` below runs after the assignment, which an `import` would not.
 */
const TELEMETRY_SWITCH = 'ORT_DISABLE_TELEMETRY';
process.env[TELEMETRY_SWITCH] = '1';

const onnxruntime: typeof Onnxruntime = createRequire(import.meta.url)('onnxruntime-node');

/** The library's one entrance, also for scripts, tests and benchmarks: nothing else may import onnxruntime-node. */
export const { env, InferenceSession, listSupportedBackends, Tensor } = onnxruntime;
