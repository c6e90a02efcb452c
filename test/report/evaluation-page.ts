import type {
  EvaluationPageData,
  PageFigure,
  PageHeadPart,
  PagePart,
} from '../../src/report/evaluation/data.ts';

const figure = (value: number | null): PageFigure =>
  value === null ? { value, low: null, high: null } : { value, low: value - 0.05, high: value + 0.05 };

const WEBP = 'UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==';

function headPart(letter: string, value: number): PageHeadPart {
  return {
    ...{ letter, count: 40, calibrationOf: 'scores' },
    figures: [figure(value), figure(letter === 'A' ? 0.2 : null)],
    rankingAccuracy: [
      { k: 2, accuracy: 0.8, chance: 0.5 },
      { k: 5, accuracy: null, chance: 0.2 },
    ],
    roc: [
      { threshold: Number.POSITIVE_INFINITY, others: 0, good: 0 },
      { threshold: 7, others: 0.1, good: 0.6 },
      { threshold: 5, others: 0.5, good: 0.9 },
      { threshold: 2, others: 1, good: 1 },
    ],
    calibration: [2, 5, 8].map((x) => ({ count: 4, predicted: x, truth: x + 0.5, low: x, high: x + 1 })),
    calibrationInLikes:
      letter === 'A'
        ? [0, 200, 40_000].map((x) => ({ count: 4, predicted: x, truth: 2 * x, low: x - 50, high: 3 * x }))
        : [],
    ranges: letter === 'A' ? [{ range: 'below 4', count: 9, rmse: 1, mae: 0.8, bias: -0.1, ratio: 0.9 }] : [],
  };
}

/** An evaluation of two heads with all that a page can show; what people wrote is hostile. */
export function evaluationData(changes: Partial<EvaluationPageData> = {}): EvaluationPageData {
  const part: PagePart = {
    ...{ id: 'rating', title: 'Ratings', rater: null, unit: 'samples', measures: ['spearman', 'rmse'] },
    heads: [headPart('A', 0.9), headPart('B', 0.4)],
    tests: [{ text: 'A - B  spearman +0.500', verdict: 'A is better', isShown: true }],
  };
  const picture = (name: string, webp: string | null) => ({ name, webp, text: '7.10' });
  const pictures = [
    picture('000000001', WEBP),
    picture('<img src=x onerror=alert(1)>', null),
    picture('3', '" onload="x'),
  ];
  return {
    ...{ question: 'aesthetic', answers: 80, samples: 300, heldOut: 40, resamples: 1000 },
    notes: ['3 samples have no score by B'],
    heads: [
      {
        letter: 'A',
        name: 'taste/<script>.safetensors',
        facts: 'trained here by ridge; on held-out samples',
        ratios: [0, 10, 20].map((x) => ({ x, y: 1 - x / 100 })),
        ratiosOf: 'likes',
      },
      { letter: 'B', name: 'builtin', facts: 'on all samples', ratios: [], ratiosOf: 'scores' },
    ],
    parts: [part, { ...part, rater: '<b>ada</b>' }],
    taste: [
      {
        ...{ title: 'ratings', measure: 'Spearman', names: ['<b>ada</b>', 'A', 'B'] },
        values: [
          [1, 0.9, -0.4],
          [0.9, 1, null],
          [-0.4, null, 1],
        ],
      },
    ],
    collection: {
      ...{ rows: 1000, drawn: 300, letters: ['A', 'B'] },
      topShares: [{ share: 0.05, thresholds: ['7.250', '8.500 (4.1 %)'] }],
      sheets: [{ letter: 'A', rows: [{ percentile: 0.01, pictures }] }],
      disagreements: [{ first: 'A', second: 'B', spearman: 0.3, firstHigher: pictures, secondHigher: [] }],
    },
    ...{ command: "bowerbird evaluate '</code><script>'", bowerbirdVersion: '0.2.0' },
    ...changes,
  };
}
