import { type Method, NO_TRANSFORM } from '../learn/options.ts';
import { transformProblem } from '../samples/label.ts';
import { CNN_FLAGS } from './cnn-flags.ts';
import { type FlagValues, usageError } from './flags.ts';

/** Flags that speak of one kind of method alone. */
const NETWORK_FLAGS = [
  ...['members', 'ensemble', 'hidden', 'epochs', 'batch', 'learning-rate', 'weight-decay', 'dropout'],
  ...['evaluate-every', 'step', 'seed', 'seeds', 'threads'],
];

/** Refuses flags of `train` that a method would pass over. @throws BowerbirdError BB_USAGE */
export function refuseFlagsOfOthers(values: FlagValues, method: Method): void {
  const given = (flag: string): boolean => values[flag] !== undefined;
  const ofPixels = Object.keys(CNN_FLAGS).find(given);
  if (ofPixels) throw usageError(`--${ofPixels} is of cnn, and the method is ${method}. Leave it out.`);
  refuseLossOfOthers(values, method);
  const isNetwork = method === 'bradley-terry' || method === 'mlp';
  const wrong = [
    given('threshold') && method !== 'logistic' && ['threshold', 'logistic'],
    given('label-transform') &&
      method !== 'ridge' &&
      method !== 'mlp' && ['label-transform', 'ridge and mlp'],
    given('range-weights') && method !== 'ridge' && method !== 'mlp' && ['range-weights', 'ridge and mlp'],
    given('penalty') && isNetwork && ['penalty', 'ridge and logistic'],
    ...NETWORK_FLAGS.map((flag) => given(flag) && !isNetwork && [flag, 'bradley-terry and mlp']),
    given('queue') && method !== 'bradley-terry' && ['queue', 'bradley-terry'],
    values['save-checkpoints'] === true && !isNetwork && ['save-checkpoints', 'bradley-terry and mlp'],
    values['remove-rater-bias'] === true && method === 'bradley-terry' && ['remove-rater-bias', 'ratings'],
  ].find((one) => one !== false);
  if (wrong) throw usageError(`--${wrong[0]} is of ${wrong[1]}, and the method is ${method}. Leave it out.`);
  const transform = values['label-transform'] as string | undefined;
  const problem = transform !== undefined && transform !== NO_TRANSFORM && transformProblem(transform);
  if (problem) throw usageError(`--label-transform ${transform} cannot be used: ${problem}.`);
  if (given('label-transform') && values['tag'] !== 'aesthetic')
    throw usageError('Likes make scores of the tag aesthetic alone. Leave --tag out.');
}

/** @throws BowerbirdError BB_USAGE */
function refuseLossOfOthers(values: FlagValues, method: Method): void {
  const [loss, quantile] = [values['loss'], values['quantile'] as number | undefined];
  if (loss !== undefined && method === 'ridge' && loss !== 'mse')
    throw usageError(
      `Ridge is the least squared error, and has no --loss ${loss}. Take --method mlp --hidden 0, whose members are linear, or leave --loss out.`,
    );
  if (loss !== undefined && method !== 'ridge' && method !== 'mlp')
    throw usageError(`--loss is of mlp and cnn, and the method is ${method}. Leave it out.`);
  if (quantile === undefined) return;
  if (loss !== 'quantile')
    throw usageError('--quantile is of --loss quantile. Give that too, or leave it out.');
  if (quantile === 0 || quantile === 1)
    throw usageError(`--quantile ${quantile} has no answers on one of its sides. Give one between 0 and 1.`);
}

/** Asks for what methods but cnn learn from. @throws BowerbirdError BB_USAGE */
export function requireMaterial(values: FlagValues, method: Method): void {
  for (const [flag, what] of [
    ['feedback', 'feedback files'],
    ['embeddings', 'embeddings of their samples'],
  ] as const)
    if (values[flag] === undefined) throw usageError(`--method ${method} needs ${what}: give --${flag}.`);
}
