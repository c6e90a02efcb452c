import type { PageFacts } from '../learn/page-facts.ts';
import type { ShownLesson, TrainPageData } from '../report/train-page-data.ts';
import { openImages } from './dataset.ts';
import type { Judgement } from './judge.ts';
import { RANKED } from './looks.ts';
import { encodePng } from './png.ts';
import type { CnnRecord, RecordParts } from './record.ts';

const MOST_SHOWN = 12;

/** What the page of a training shows. */
export function pageOf(
  { dataset, trained, judgement }: RecordParts,
  record: CnnRecord,
  { command, bowerbirdVersion }: Pick<PageFacts, 'command' | 'bowerbirdVersion'>,
): TrainPageData {
  const { looks } = trained;
  const { split, predicted } = judgement.shown;
  const errorOf = (post: number): number => Math.abs(predicted[post]! - split.targets[post]!);
  const order = [...predicted.keys()].sort((a, b) => errorOf(b) - errorOf(a) || a - b);
  const most = Math.min(MOST_SHOWN, Math.floor(order.length / 2));
  const lineOf = (name: string, field: string) => ({
    name,
    points: looks.flatMap(({ step, figures }) => {
      const value = figures[field];
      return value === null || value === undefined ? [] : [{ x: step, y: value }];
    }),
  });
  const hasLine = ({ points }: ReturnType<typeof lineOf>): boolean => points.length > 1;
  return {
    ...{ question: dataset.question, method: 'cnn', figures: figureBoxes(judgement) },
    curves: [
      {
        points: looks.map(({ step, trainingLoss, validationLoss }) => ({
          ...{ step, training: trainingLoss, heldOut: validationLoss },
        })),
        keptStep: looks[record.epoch_kept]!.step,
      },
    ],
    curvesLead:
      'Loss by step, on what is learned from with dropout and while weights move, and on the validation split. The dot is where the network is kept: its loss there was lowest.',
    ratios: [lineOf('validation', 'ratio')].filter(hasLine),
    rankings: RANKED.map((k) => lineOf(`${k} posts`, `ranking_${k}`)).filter(hasLine),
    penalties: null,
    calibration: {
      ...{ xLabel: 'prediction', yLabel: 'mean of the truth' },
      lead: 'Posts that had no part in the training, in groups of like predictions. On the dashed line the mean truth is the prediction.',
      points: judgement.calibration,
    },
    worst: shownPosts(order.slice(0, most), dataset.imagePx, judgement),
    best: shownPosts(order.slice(order.length - most).reverse(), dataset.imagePx, judgement),
    measures: record.measures,
    facts: factsOf(record),
    ...{ command, bowerbirdVersion },
  };
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function figureBoxes({ measures, shown }: Judgement): TrainPageData['figures'] {
  const name = measures['test'] ? 'test' : 'validation';
  const percent = (value: number | null | undefined): string =>
    value === null || value === undefined ? '\u2013' : `${(100 * value).toFixed(1)}%`;
  const linear = percent(measures[`${name}, linear on pixels`]?.['ranking_2']);
  return [
    {
      name: 'Order of two posts',
      value: percent(measures[name]?.['ranking_2']),
      note: `right, on the ${name} split; linear on pixels ${linear}, chance 50%`,
    },
    {
      name: 'Error',
      value: round(measures[name]?.['rmse'] ?? Number.NaN),
      note: 'root mean square, in the unit of scores',
    },
    {
      name: 'Posts',
      value: String(shown.split.count),
      note: `in the ${name} split, none of them learned from`,
    },
  ];
}

function shownPosts(
  posts: readonly number[],
  imagePx: number,
  { shown: { split, predicted } }: Judgement,
): ShownLesson[] {
  const images = openImages(split.imagesPath, split.count, imagePx);
  try {
    return posts.map((post) => ({
      samples: [
        {
          ...{ name: split.ids[post]!, caption: null, webpBase64: null },
          pngBase64: Buffer.from(encodePng(images.read(post, 1), imagePx)).toString('base64'),
        },
      ],
      said: round(split.targets[post]!),
      predicted: `network: ${round(predicted[post]!)}`,
      error: `off by ${round(Math.abs(predicted[post]! - split.targets[post]!))}`,
    }));
  } finally {
    images.close();
  }
}

/** Of the record what fits a line, what lies within something named after both. */
function factsOf(record: CnnRecord): [string, string][] {
  const {
    curves: _curves,
    looks: _looks,
    measures: _measures,
    format: _format,
    version: _version,
    ...rest
  } = record;
  return linesOf(rest, []);
}

function linesOf(fields: object, within: readonly string[]): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]): [string, string][] => {
    const names = [...within, name.replaceAll('_', ' ')];
    if (Array.isArray(value)) return [[names.join(', '), value.map(wordsOf).join('; ')]];
    if (typeof value === 'object' && value !== null) return linesOf(value, names);
    return [[names.join(', '), String(value)]];
  });
}

function wordsOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, each]) => `${name.replaceAll('_', ' ')} ${each}`)
    .join(', ');
}
