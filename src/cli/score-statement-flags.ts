import type { StatedScore } from '../models/convert/spec.ts';
import { SCORE_ACTIVATIONS, type ScoreActivation } from '../models/manifest.ts';
import { isLabel, LABEL_TRANSFORMS } from '../samples/label.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import { type FlagTable, type FlagValues, usageError, whereGiven } from './flags.ts';

const GROUP = 'Classifiers:';

/** The flags of `bowerbird models convert` that say what a classifier's values are. */
export const SCORE_STATEMENT_FLAGS: FlagTable = {
  tag: {
    group: GROUP,
    type: 'string',
    choices: TAGS,
    describe: 'Which score one of its values is',
  },
  class: {
    group: GROUP,
    type: 'integer',
    min: 0,
    max: 65_535,
    describe: 'The place of that value in a row, from 0; of a single value it is clear',
  },
  'score-activation': {
    group: GROUP,
    type: 'string',
    choices: SCORE_ACTIVATIONS,
    describe: 'What makes a score of the value; `none` for aesthetic where nothing is said',
  },
  'label-transform': {
    group: GROUP,
    type: 'string',
    choices: LABEL_TRANSFORMS,
    describe: 'Of a regressor: how the numbers that it was trained on were transformed (docs/encoders.md)',
  },
  'label-unit': {
    group: GROUP,
    type: 'string',
    describe: 'What these numbers count, as likes; the tags get a column aesthetic_likes then',
  },
};

/** What the flags say of a classifier; undefined where they say nothing. @throws BowerbirdError BB_USAGE */
export function statedScore(values: FlagValues): StatedScore | undefined {
  const tag = values['tag'] as Tag | undefined;
  if (tag === undefined) {
    const other = Object.keys(SCORE_STATEMENT_FLAGS).find((name) => values[name] !== undefined);
    if (other === undefined) return undefined;
    throw usageError(`--${other} says something of a score. Say which with --tag.`);
  }
  const activation = values['score-activation'] as ScoreActivation | undefined;
  const label = statedLabel(values);
  if (label && (tag !== 'aesthetic' || (activation ?? 'none') !== 'none'))
    throw usageError(
      '--label-transform is of scores that are no probabilities: --tag aesthetic, as they are.',
    );
  return {
    tag,
    ...whereGiven(values, 'class', 'class'),
    ...(activation !== undefined && { activation }),
    ...(label && { label }),
  };
}

function statedLabel(values: FlagValues): StatedScore['label'] {
  const [transform, unit] = [values['label-transform'], values['label-unit']];
  if (transform === undefined && unit === undefined) return undefined;
  if (transform === undefined || unit === undefined)
    throw usageError('--label-transform and --label-unit belong together: give both.');
  const label: unknown = { transform, unit };
  if (isLabel(label)) return label;
  throw usageError(
    `--label-unit ${JSON.stringify(unit)} cannot be a part of a column's name: small letters, digits and _, a letter first.`,
  );
}
