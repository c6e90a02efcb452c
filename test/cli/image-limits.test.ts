import test from 'ava';
import { checkValues } from '../../src/cli/flags.ts';
import { scoreConfig } from '../../src/cli/score-config.ts';
import { SCORE_FLAGS } from '../../src/cli/score-flags.ts';
import { DEFAULT_LIMITS, type ImageLimits } from '../../src/decode/limits.ts';
import { resultSettings } from '../../src/pipeline/config.ts';

const defaults = Object.fromEntries(Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]));

function limitsOf(flags: Readonly<Record<string, unknown>>): ImageLimits {
  const values = checkValues(SCORE_FLAGS, { ...defaults, 'output-folder': 'out', ...flags });
  return scoreConfig(values, ['a.parquet'], '').imageLimits;
}

test('without flags the limits are those of the decoder', (t) => {
  t.deepEqual(limitsOf({}), DEFAULT_LIMITS);
});

test('each flag sets its limit', (t) => {
  const flags = {
    'max-image-area': 90_000_000,
    'max-image-side': 70_000,
    'max-aspect-ratio': 3.5,
    'max-pixels-per-byte': 500,
    'min-image-size': 64,
  };
  t.deepEqual(limitsOf(flags), {
    maxAreaPx: 90_000_000,
    maxSidePx: 70_000,
    maxAspectRatio: 3.5,
    maxPixelsPerByte: 500,
    minSidePx: 64,
  });
});

test('the limits are settings of a run, which a rerun has to repeat', (t) => {
  const values = checkValues(SCORE_FLAGS, { ...defaults, 'output-folder': 'out', 'min-image-size': 64 });
  t.like(resultSettings(scoreConfig(values, ['a.parquet'], '')), {
    max_image_area: 64_000_000,
    max_image_side: 65_535,
    max_aspect_ratio: 10_000,
    max_pixels_per_byte: 10_000,
    min_image_size: 64,
  });
});
