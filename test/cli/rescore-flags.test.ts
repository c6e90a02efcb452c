import test from 'ava';
import { checkValues, type FlagValues } from '../../src/cli/flags.ts';
import { asksForEmbeddings } from '../../src/cli/rescore-config.ts';
import { SCORE_FLAGS } from '../../src/cli/score-flags.ts';

const DEFAULTS = Object.fromEntries(Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]));

const valuesWith = (given: FlagValues): FlagValues =>
  checkValues(SCORE_FLAGS, { ...DEFAULTS, 'input-format': 'embeddings', ...given });

test('with stored embeddings, flags of downloads, images and further tries are refused by name', (t) => {
  t.true(asksForEmbeddings(valuesWith({})));
  const given: FlagValues = {
    ...{ timeout: '5', robots: 'respect', tdm: 'ignore', 'user-agent-contact': 'me@lab.example' },
    ...{ 'min-image-size': '5', 'save-consent': true, 'save-embeddings': true },
    ...{ 'retry-failed': true, 'retry-reasons': 'all', 'retry-after-days': '1' },
  };
  for (const [name, value] of Object.entries(given)) {
    const message = new RegExp(`^--${name} does nothing with --input-format embeddings`);
    t.throws(() => asksForEmbeddings(valuesWith({ [name]: value })), { code: 'BB_USAGE', message });
  }
});

test('without stored embeddings, flags of theirs are refused by name', (t) => {
  for (const [name, value] of [
    ['normalize', true],
    ['scores-only', true],
    ['score-threads', '77'],
  ] as const) {
    const message = new RegExp(`^--${name} is for stored embeddings`);
    const values = valuesWith({ 'input-format': undefined, [name]: value });
    t.throws(() => asksForEmbeddings(values), { code: 'BB_USAGE', message });
  }
});
