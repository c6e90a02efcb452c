import test from 'ava';
import { checkValues } from '../../src/cli/flags.ts';
import { scoreConfig } from '../../src/cli/score-config.ts';
import { SCORE_FLAGS } from '../../src/cli/score-flags.ts';
import { resultSettings, type ScoreConfig } from '../../src/pipeline/config.ts';

const defaults = Object.fromEntries(Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]));

function configOf(flags: Readonly<Record<string, unknown>>): ScoreConfig {
  const values = checkValues(SCORE_FLAGS, { ...defaults, 'output-folder': 'out', ...flags });
  return scoreConfig(values, ['a.parquet'], '');
}

test('--recompute-tags is refused where no head could compute a tag', (t) => {
  const error = t.throws(() => configOf({ 'recompute-tags': true }));
  t.regex(error.message, /nothing to compute them with/);
  t.true(configOf({ 'recompute-tags': true, 'nsfw-head': 'a.zip' }).recomputeTags);
  t.true(configOf({ 'recompute-tags': true, 'watermark-model': 'a.pth' }).recomputeTags);
});

test('--recompute-tags is a setting of a run; runs of before there was it are runs without it', (t) => {
  const { recompute_tags: set } = resultSettings(configOf({ 'recompute-tags': true, 'nsfw-head': 'a.zip' }));
  const { recompute_tags: unset } = resultSettings(configOf({}));
  t.deepEqual([set, unset], [true, null]);
});
