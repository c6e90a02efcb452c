import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Answer } from '../../src/feedback/answer.ts';
import type { MemberOptions } from '../../src/learn/member.ts';
import type { TrainOptions, TrainProgress } from '../../src/learn/options.ts';
import { type TrainingResult, trainHead } from '../../src/learn/train.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import type { Collection } from './collection.ts';

export const NETWORK: Omit<MemberOptions, 'hidden' | 'evaluateEvery'> = {
  ...{ dropout: 0.1, batch: 1, epochs: 5, seed: 3, valueLoss: 'mse' },
  ...{ learningRate: 3e-3, weightDecay: 0.2 },
};

/** Trains in this process, without a page. */
export async function train(
  collection: Collection,
  answers: readonly Answer[],
  changes: Partial<TrainOptions>,
  progress: Partial<TrainProgress> = {},
): Promise<TrainingResult> {
  const options: TrainOptions = {
    ...{ method: 'ridge', question: 'aesthetic', tag: 'aesthetic', members: 3, combine: 'mean', threads: 2 },
    feedback: [await collection.write('feedback.jsonl', answers)],
    embeddings: [collection.embeddings],
    outputFolder: collection.path('head'),
    ...{ overwrite: false, removeRaterBias: false, network: NETWORK },
    ...changes,
  };
  const result = await trainHead(options, { note: () => undefined, advance: () => undefined, ...progress });
  const problems = schemaProblems('training.schema.json', join(result.folder, 'training.json'));
  if (problems.length > 0)
    throw new Error(`training.json is not what its schema says: ${problems.join('; ')}`);
  return result;
}

/** Work is refused by this code, with such a message. */
export const refused = async (
  t: ExecutionContext,
  work: Promise<unknown>,
  code: string,
  message: RegExp,
): Promise<void> => {
  const thrown = await t.throwsAsync(work, { code });
  t.regex(thrown!.message, message);
};
