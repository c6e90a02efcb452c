import test from 'ava';
import { loadModels } from '../../src/pipeline/models.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { temporaryFolder, writeOddModel } from '../helpers/odd-models.ts';
import { configOf } from './setup.ts';

test('an image model of another tag than it is asked for is refused, with the flag that it belongs to', async (t) => {
  const statement = { kind: 'classifier', tag: 'punsafe', class: 0, activation: 'softmax' };
  const model = await writeOddModel(await temporaryFolder(t), {}, statement);
  const config = { ...configOf([], 'out'), aestheticHead: 'none', watermarkModel: model };
  const error = await t.throwsAsync(loadModels(config, new ScoreProgress(), new AbortController().signal), {
    code: 'BB_HEAD_MISMATCH',
  });
  t.regex(error?.message ?? '', /gives punsafe, but is asked for pwatermark. Give it with --nsfw-head/);
});

test('an encoder is no model that gives a tag', async (t) => {
  const model = await writeOddModel(await temporaryFolder(t));
  const config = { ...configOf([], 'out'), aestheticHead: 'none', watermarkModel: model };
  await t.throwsAsync(loadModels(config, new ScoreProgress(), new AbortController().signal), {
    code: 'BB_MODEL_MANIFEST',
  });
});
