import { fitOnPixels } from '../cnn/baselines.ts';
import { type DatasetSplit, openDataset } from '../cnn/dataset.ts';
import { sampleId } from '../feedback/answer.ts';
import { readAnswersTo } from '../feedback/answers-to.ts';
import { type Label, transformCount } from '../samples/label.ts';
import { baselineCandidate } from './baseline-candidate.ts';
import type { Candidate } from './candidates.ts';
import type { PostsDataset } from './dataset.ts';
import { namesIn } from './learned.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';
import type { Truths, ValueTruth } from './truths.ts';

/** What the baseline is made from. */
export interface PixelWorld {
  readonly truths: Truths;
  readonly truth: ValueTruth;
  readonly label: Label | undefined;
  readonly options: EvaluateOptions;
  readonly progress: EvaluateProgress;
}

/** Labels of tensors are float32. */
const LABEL_TOLERANCE = 1e-6;

/**
 * A linear function of the pixels of a dataset, learned on its part for training: what a picture is as a whole, light or dark, red or blue, and where. Undefined, and that is said,
 * where the dataset has no tensors, no sample that is asked, or labels that are not what was said of them.
 *
 * @throws as `openDataset`; BowerbirdError BB_INPUT_FORMAT; the signal's reason
 */
export async function pixelBaseline(
  dataset: PostsDataset,
  { truths, truth, label, options, progress }: PixelWorld,
): Promise<Candidate | undefined> {
  if (truth.mode !== 'likes') return undefined;
  const leftOut = (why: string): undefined => {
    progress.note(`The linear function of pixels is left out: ${why}.`);
    return undefined;
  };
  if (dataset.imagePx === undefined) return leftOut(`${dataset.folder} was made without image tensors`);
  progress.advance('reading the dataset', 0, undefined, 'images');
  const { splits } = await openDataset(dataset.folder);
  const numbers = new Map(truths.samples.names.map((name, number) => [sampleId(name), number]));
  const said = new Map(Array.from(truth.samples, (sample, i) => [sample, truth.values[i]!]));
  const asked: { readonly part: 'validation' | 'test'; readonly place: number; readonly sample: number }[] =
    [];
  for (const part of ['validation', 'test'] as const) {
    const { answers } = await readAnswersTo([dataset.parts[part].feedback], options, progress);
    if (answers.length !== splits[part].count)
      return leftOut(
        `${dataset.parts[part].feedback} has ${answers.length} answers for ${splits[part].count} images`,
      );
    for (const [place, name] of namesIn(answers).entries()) {
      const sample = numbers.get(sampleId(name));
      if (sample !== undefined) asked.push({ part, place, sample });
    }
  }
  if (asked.length === 0) return leftOut('no sample that is asked is in its parts for validation and tests');
  const isOther = ({ part, place, sample }: (typeof asked)[number]): boolean => {
    const [own, given] = [splits[part].labels[place]!, said.get(sample)];
    return given === undefined || Math.abs(own - given) > LABEL_TOLERANCE * Math.max(1, Math.abs(given));
  };
  if (asked.some(isOther)) return leftOut('its labels are not the answers, but divided otherwise');
  const inUnit = (split: DatasetSplit): DatasetSplit => ({
    ...split,
    targets: label ? split.labels.map((value) => transformCount(label.transform, value)) : split.labels,
  });
  const fit = await fitOnPixels(
    { train: inUnit(splits.train), validation: inUnit(splits.validation) },
    dataset.imagePx,
    {
      signal: progress.signal,
      advance: (done, total) => progress.advance('linear regression on pixels', done, total, 'rounds'),
    },
  );
  const scores = new Float64Array(truths.samples.names.length).fill(Number.NaN);
  for (const part of ['validation', 'test'] as const) {
    const own = asked.filter((one) => one.part === part);
    if (own.length === 0) continue;
    const predicted = fit.predict(splits[part]);
    for (const { place, sample } of own) scores[sample] = predicted[place]!;
  }
  return baselineCandidate(truth, {
    ...{ name: 'linear on pixels', label, scores },
    facts: `least squares on the pixels of ${fit.pictures} images`,
  });
}
