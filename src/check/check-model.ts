import { modelFacts } from '../embed/model-facts.ts';
import { imageModelSpec, type RowKind } from '../embed/spec.ts';
import type { ActivationName } from '../models/convert/activation.ts';
import type { ModelFiles } from '../models/encoder-files.ts';
import { type GoldenRows, goldenValues } from '../models/golden.ts';
import { type BatchOptions, checkBatches } from './batches.ts';
import { goldenCrops } from './golden-crops.ts';
import { areCornersRounded } from './golden-pictures.ts';
import { mistakesOf } from './mistakes.ts';
import type { Change, ModelCheck } from './model-check.ts';
import { type OtherRows, plainRows, rowsOfOtherActivations } from './other-rows.ts';
import { problemsOf } from './problems.ts';
import { type Difference, differenceOf, norms, type Rows, spread, unitRows } from './rows.ts';

/** With what a model is checked. */
export interface CheckOptions extends BatchOptions {
  /** What its own library gives for the golden pictures; that of the manifest where it is left out. */
  readonly golden?: GoldenRows | undefined;
}

/**
 * What rows are held to: cosines of 0.999999 in float32 and of 0.9999 in float16, as converted weights are
 * (test/models/convert). Of unit rows the difference is the root of 2 - 2 * cosine.
 */
const TOLERANCES = { float32: Math.sqrt(2e-6), float16: Math.sqrt(2e-4) };

/** On GPUs, onnxruntime multiplies float32 in TF32 by default (its option use_tf32), which keeps as many bits as float16. */
function toleranceOf(provider: string, hasFloat16: boolean): number {
  return hasFloat16 || provider !== 'cpu' ? TOLERANCES.float16 : TOLERANCES.float32;
}

/**
 * Runs a model on seeded noise and on the golden pictures (golden-pictures.ts): in batches of each size, by a plain way as a
 * reference, with other activations, and with images prepared wrongly.
 *
 * @throws BowerbirdError as `startImageModel`, BB_DECODER_FAILED
 */
export async function checkModel(files: ModelFiles, options: CheckOptions): Promise<ModelCheck> {
  const { manifest, modelPath, name, digest } = files;
  const kind: RowKind = manifest.kind === 'classifier' ? 'plain' : 'embedding';
  const spec = imageModelSpec(modelPath, manifest, kind);
  const { activations, hasFloat16 } = modelFacts(modelPath);
  const mistakes = mistakesOf(spec.transform);
  const crops = await goldenCrops(spec.transform, mistakes);

  const { rows, noiseRows, ...running } = await checkBatches(spec, crops.stated, options);
  const plain = await plainRows(spec, crops, mistakes, options);
  const activated = await rowsOfOtherActivations(spec, crops.stated, activations, options);

  const comparable = (raw: Rows): Rows => (kind === 'embedding' ? unitRows(raw) : raw);
  const { golden = manifest.golden } = options;
  const goldenRows = golden && comparable({ width: spec.width, values: goldenValues(golden.rows) });
  const toGolden = (compared: Rows): Difference | null =>
    goldenRows ? differenceOf(compared, goldenRows) : null;
  const plainStated = comparable(plain.stated);
  const toChange = ({ change, words, rows: raw }: OtherRows): Change => ({
    change,
    words,
    ...differenceOf(comparable(raw), rows),
    golden: toGolden(comparable(raw)),
  });
  const lengths = norms(plain.stated);
  const seen = {
    ...{ name, digest, rows: kind, dimension: spec.width, ...running },
    norms: { least: Math.min(...lengths), greatest: Math.max(...lengths) },
    spread: spread(noiseRows),
    tolerance: toleranceOf(running.provider, hasFloat16),
    reference: { ...differenceOf(rows, plainStated), golden: toGolden(plainStated) },
    golden: golden && goldenRows ? { ...differenceOf(rows, goldenRows), source: golden.source } : null,
    activation: oneOf(activations),
    changes: [...activated, ...plain.mistaken].map(toChange),
  };
  return { ...seen, problems: problemsOf(seen, noiseRows, areCornersRounded(spec.transform)) };
}

function oneOf(activations: readonly ActivationName[]): ModelCheck['activation'] {
  const [first, ...others] = new Set(activations);
  if (first === undefined) return null;
  return others.length > 0 ? 'mixed' : first;
}
