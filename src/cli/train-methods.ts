import type { Method } from '../learn/options.ts';
import { transformProblem } from '../samples/label.ts';
import { type FlagValues, usageError } from './flags.ts';

/** Flags that speak of one kind of method alone. */
const NETWORK_FLAGS = [
  ...['members', 'ensemble', 'hidden', 'epochs', 'batch', 'learning-rate', 'weight-decay', 'dropout', 'loss'],
  ...['evaluate-every', 'step', 'seed', 'seeds', 'threads'],
];

/** Refuses flags of `train` that a method would pass over. @throws BowerbirdError BB_USAGE */
export function refuseFlagsOfOthers(values: FlagValues, method: Method): void {
  const given = (flag: string): boolean => values[flag] !== undefined;
  const isNetwork = method === 'bradley-terry' || method === 'mlp';
  const wrong = [
    given('threshold') && method !== 'logistic' && ['threshold', 'logistic'],
    given('label-transform') &&
      method !== 'ridge' &&
      method !== 'mlp' && ['label-transform', 'ridge and mlp'],
    given('penalty') && isNetwork && ['penalty', 'ridge and logistic'],
    ...NETWORK_FLAGS.map((flag) => given(flag) && !isNetwork && [flag, 'bradley-terry and mlp']),
    given('loss') && method === 'bradley-terry' && ['loss', 'mlp'],
    given('queue') && method !== 'bradley-terry' && ['queue', 'bradley-terry'],
    values['save-checkpoints'] === true && !isNetwork && ['save-checkpoints', 'bradley-terry and mlp'],
    values['remove-rater-bias'] === true && method === 'bradley-terry' && ['remove-rater-bias', 'ratings'],
  ].find((one) => one !== false);
  if (wrong) throw usageError(`--${wrong[0]} is of ${wrong[1]}, and the method is ${method}. Leave it out.`);
  const problem = given('label-transform') && transformProblem(values['label-transform'] as string);
  if (problem) throw usageError(`--label-transform ${values['label-transform']} cannot be used: ${problem}.`);
  if (given('label-transform') && values['tag'] !== 'aesthetic')
    throw usageError('Likes make scores of the tag aesthetic alone. Leave --tag out.');
}
