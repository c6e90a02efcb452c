import type { TrainPageData } from '../../src/report/train-page-data.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const WEBP = 'UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==';

/** A training on pairs, with names and captions that would be markup. */
export function makeTraining(): TrainPageData {
  const samples = ['-5', '<b>key</b>'].map((name, i) => ({
    name,
    caption: i === 0 ? '<script>alert(1)</script>' : null,
    webpBase64: i === 0 ? WEBP : null,
  }));
  const lesson = {
    samples,
    said: 'Left is better',
    predicted: 'head: 80 % for right',
    error: 'log loss 1.6',
  };
  return {
    ...{ question: 'aesthetic', method: 'bradley-terry' },
    figures: [{ name: 'Right, held out', value: '81.0%', note: 'of 43 answers' }],
    curves: [0, 1].map((member) => ({
      points: [
        { step: 0, training: null, heldOut: 0.69 },
        { step: 10, training: 0.6 + member / 10, heldOut: 0.5 },
        { step: 20, training: 0.4, heldOut: 0.55 },
      ],
      keptStep: 10,
    })),
    ratios: [
      { name: 'in the unit of scores', points: [0, 10, 20].map((x) => ({ x, y: 1 - x / 100 })) },
      { name: 'in likes', points: [0, 10, 20].map((x) => ({ x, y: 0.6 - x / 200 })) },
    ],
    penalties: null,
    calibration: {
      ...{ xLabel: 'chance', yLabel: 'share', lead: 'Groups.' },
      points: [
        { count: 5, predicted: 0.55, truth: 0.6, low: 0.2, high: 0.9 },
        { count: 5, predicted: 0.9, truth: 1, low: 0.5, high: 1 },
      ],
    },
    worst: [lesson],
    best: [{ ...lesson, samples: samples.slice(1) }],
    measures: { training: { count: 90, accuracy: 0.9 }, held_out: { count: 43, accuracy: null } },
    facts: [['seed', '3']],
    command: 'bowerbird train --method bradley-terry',
    bowerbirdVersion: '0.2.0',
  };
}

/** A network on pixels: one curve, sums and order by step, pictures as PNG. */
export function makePixelTraining(): TrainPageData {
  const points = [0, 32, 64].map((x) => ({ x, y: 0.5 + x / 200 }));
  const [curve] = makeTraining().curves;
  const single = { said: '3.2', predicted: 'network: 3.1', error: 'off by 0.1' };
  const samples = [{ name: 'post', caption: null, webpBase64: null, pngBase64: PNG }];
  return {
    ...makeTraining(),
    ...{ question: 'popularity', method: 'cnn', curves: [curve!], curvesLead: 'Loss of the network.' },
    ratios: [{ name: 'validation', points }],
    rankings: [2, 5, 10].map((k) => ({ name: `${k} posts`, points })),
    ...{ worst: [{ samples, ...single }], best: [] },
  };
}

/** A linear fit with nothing held out. */
export function makeLinearTraining(): TrainPageData {
  return {
    ...makeTraining(),
    ...{ curves: [], ratios: [] },
    penalties: {
      measure: 'rmse',
      tried: [
        { penalty: 0.01, error: 2 },
        { penalty: 1, error: 1.5 },
      ],
      chosen: 1,
    },
    ...{ calibration: null, worst: [], best: [] },
  };
}
