import { BowerbirdError, firstLine } from '../base/errors.ts';
import { env, InferenceSession, listSupportedBackends, Tensor } from '../embed/onnxruntime.ts';
import { adamRates, RATE_INPUTS } from './graph/adam.ts';
import { CHANNELS, layerSizes, parametersOf } from './shape.ts';
import { emptyState, type TrainingState } from './state.ts';
import {
  LOSS_OUTPUT,
  NEXT,
  STATE_INPUTS,
  STEP_INPUTS,
  type TrainingGraphOptions,
  trainingGraph,
} from './training-graph.ts';

// What goes wrong is thrown as well.
env.logLevel = 'fatal';

/** What a step learns from, as the graph takes it. */
export interface Batch {
  /** uint8 [batch, side, side, 3] */
  readonly pixels: Uint8Array;
  /** float32 [batch] */
  readonly targets: Float32Array;
  /** float32 [batch]: what each loss counts; 0 for rows that only fill the batch up. */
  readonly weights: Float32Array;
  /** float32 [batch, features]: dropout's mask. */
  readonly kept: Float32Array;
}

/** Where steps run. */
export type TrainingDevice = 'cpu' | 'cuda';

type Session = Awaited<ReturnType<typeof InferenceSession.create>>;
type Tensors = Readonly<Record<string, InstanceType<typeof Tensor>>>;

/** How a graph is run. */
export interface GraphRun {
  readonly threads: number;
  readonly device: TrainingDevice;
  /** The beginning of a file's name: what each operator took is written there by `endProfiling`. */
  readonly profile?: string;
}

/** Opens a session for arithmetic of ours. @throws BowerbirdError BB_DEVICE_UNAVAILABLE */
export async function openGraph(model: Uint8Array, { threads, device, profile }: GraphRun): Promise<Session> {
  const unavailable = (problem: string): BowerbirdError =>
    new BowerbirdError(
      'BB_DEVICE_UNAVAILABLE',
      `The device ${device} is not available: ${problem}. Install the CUDA provider of the same onnxruntime version, CUDA 12 and cuDNN 9 (docs/gpu.md), or use --device cpu.`,
      { fields: { device } },
    );
  if (!listSupportedBackends().some(({ name }) => name === device))
    throw unavailable('this build of onnxruntime-node does not know it');
  try {
    return await InferenceSession.create(model, {
      executionProviders: [device],
      executionMode: 'sequential',
      ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
      ...{ intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' },
      // Sums of squares of weights that hardly move become denormal, and arithmetic on those is slow.
      // Threads that wait in a loop take the processor from the thread that makes batches.
      extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: '0' } } },
    });
  } catch (thrown) {
    throw device === 'cpu' ? thrown : unavailable(firstLine(thrown));
  }
}

/**
 * Makes steps. The state lies in two sets of arrays that ONNX Runtime reads and writes in place, in turn: nothing of it is copied, and no weight is replaced while
 * a part of the step still needs it.
 */
export class Stepper {
  readonly #options: TrainingGraphOptions;
  readonly #session: Session;
  readonly #states: readonly [TrainingState, TrainingState];
  readonly #feeds: readonly Tensors[];
  readonly #fetches: readonly Tensors[];
  readonly #rates = RATE_INPUTS.map(() => new Float32Array(1));
  readonly #loss = new Float32Array(1);
  #steps = 0;
  #current = 0;

  private constructor(options: TrainingGraphOptions, session: Session) {
    this.#options = options;
    this.#session = session;
    this.#states = [emptyState(options.shape), emptyState(options.shape)];
    this.#feeds = this.#states.map((state) => this.#tensorsOf(state, ''));
    this.#fetches = this.#states.map((state) => ({
      ...this.#tensorsOf(state, NEXT),
      [LOSS_OUTPUT]: new Tensor('float32', this.#loss, []),
    }));
  }

  /** @throws BowerbirdError BB_DEVICE_UNAVAILABLE */
  static async open(options: TrainingGraphOptions, where: GraphRun): Promise<Stepper> {
    return new Stepper(options, await openGraph(trainingGraph(options), where));
  }

  /** Goes on from a state, of which a copy is taken. @param steps that led to it */
  load(state: TrainingState, steps: number): void {
    const own = this.#states[this.#current]!;
    for (const field of ['weight', 'sum', 'squares'] as const) own[field].set(state[field]);
    this.#steps = steps;
  }

  /** Changed by the step after the next. */
  get state(): TrainingState {
    return this.#states[this.#current]!;
  }

  get steps(): number {
    return this.#steps;
  }

  /** @returns the loss before the step @throws BowerbirdError BB_EMBED_FAILED where the loss is no number any more */
  async step(batch: Batch, learningRate: number): Promise<number> {
    const rates = adamRates(learningRate, this.#steps + 1);
    for (const [i, rate] of rates.entries()) this.#rates[i]![0] = rate;
    const next = 1 - this.#current;
    await this.#session.run(
      { ...this.#batchTensors(batch), ...this.#feeds[this.#current]! },
      this.#fetches[next]!,
    );
    this.#current = next;
    this.#steps++;
    return this.#loss[0]!;
  }

  endProfiling(): void {
    this.#session.endProfiling();
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #batchTensors({ pixels, targets, weights, kept }: Batch): Tensors {
    const { batch, shape } = this.#options;
    const { imagePx } = shape;
    return {
      [STEP_INPUTS.pixels]: new Tensor('uint8', pixels, [batch, imagePx, imagePx, CHANNELS]),
      [STEP_INPUTS.targets]: new Tensor('float32', targets, [batch]),
      [STEP_INPUTS.weights]: new Tensor('float32', weights, [batch]),
      [STEP_INPUTS.kept]: new Tensor('float32', kept, [batch, layerSizes(shape).features]),
      ...Object.fromEntries(RATE_INPUTS.map((name, i) => [name, new Tensor('float32', this.#rates[i]!, [])])),
    };
  }

  #tensorsOf(state: TrainingState, after: string): Tensors {
    const fields = Object.entries(STATE_INPUTS) as [keyof TrainingState, string][];
    return Object.fromEntries(
      parametersOf(this.#options.shape).flatMap(({ name, from, length, dimensions }) =>
        fields.map(([field, end]) => [
          `${name}${end}${after}`,
          new Tensor('float32', state[field].subarray(from, from + length), dimensions),
        ]),
      ),
    );
  }
}
