import type { PageFacts } from '../learn/page-facts.ts';
import type { LossName } from './graph/loss.ts';
import type { ConvolutionShape } from './shape.ts';
import type { TrainingDevice } from './stepper.ts';

/** The image model that a training leaves in its folder, and its manifest. */
export const MODEL_FILE = 'model.onnx';
export const MANIFEST_FILE = 'model.json';
/** What a training says of itself, in the same folder. */
export const RECORD_FILE = 'training.json';
/** The page that shows what came of it. */
export const PAGE_FILE = 'train.html';
/** How far a training is that has not ended. */
export const CHECKPOINT_FILE = 'checkpoint.safetensors';

/** What to train on what, and where it goes. */
export interface CnnOptions {
  /** A folder of `posts dataset`. */
  readonly dataset: string;
  readonly outputFolder: string;
  readonly overwrite: boolean;
  readonly convolutions: readonly ConvolutionShape[];
  readonly hidden: readonly number[];
  readonly dropout: number;
  readonly batch: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly loss: LossName;
  /** Of the loss `quantile`. */
  readonly quantile: number;
  /** Epochs without a lower loss on the validation split after which training ends; not given, all are trained. */
  readonly patience?: number | undefined;
  readonly seed: number;
  readonly threads: number;
  readonly device: TrainingDevice;
  readonly page?: Omit<PageFacts, 'picturesOf'> | undefined;
}
