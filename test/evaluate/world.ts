import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Evaluation, evaluateHeads } from '../../src/evaluate/evaluate.ts';
import type { EvaluateOptions } from '../../src/evaluate/options.ts';
import type { Method } from '../../src/learn/options.ts';
import { trainHead } from '../../src/learn/train.ts';
import { type Collection, DIMENSION } from '../learn/collection.ts';

/** A linear head as a file of our own format. */
export async function writeHead(
  { path }: Pick<Collection, 'path'>,
  name: string,
  weights: readonly number[],
  changes: object = {},
): Promise<{ name: string; path: string }> {
  const head = {
    ...{ format: 'bowerbird-head', version: 1, tag: 'aesthetic', unit_norm: true, activation: 'none' },
    layers: [{ weights: [weights], bias: [5], activation: 'none' }],
    ...changes,
  };
  await writeFile(path(`${name}.json`), JSON.stringify(head));
  return { name, path: path(`${name}.json`) };
}

/** The head that the person of a collection has in mind, as `opinion` has it. */
export function hiddenHead(collection: Collection): Promise<{ name: string; path: string }> {
  const { hidden } = collection;
  const length = Math.hypot(...hidden);
  return writeHead(
    collection,
    'hidden',
    hidden.map((weight) => (4 * weight) / length),
  );
}

/** A head that looks at something else. */
export function otherHead(collection: Collection): Promise<{ name: string; path: string }> {
  return writeHead(
    collection,
    'other',
    Array.from({ length: DIMENSION }, (_, i) => (i === 3 ? 1 : 0)),
  );
}

/** Trains a head on a feedback file. */
export async function trainOn(
  collection: Collection,
  feedback: string,
  method: Method,
): Promise<{ name: string; path: string; record: Readonly<Record<string, unknown>> }> {
  const outputFolder = collection.path(`trained ${method}`);
  const { record } = await trainHead(
    {
      ...{ method, question: 'aesthetic', tag: 'aesthetic', members: 2, threads: 2, hidden: 0 },
      ...{ feedback: [feedback], embeddings: [collection.embeddings], outputFolder },
      ...{ overwrite: false, removeRaterBias: false },
      network: {
        ...{ dropout: 0.1, batch: 4, epochs: 3, seed: 3, valueLoss: 'mse' },
        ...{ learningRate: 3e-3, weightDecay: 0.2 },
      },
    },
    { note: () => undefined, advance: () => undefined },
  );
  return { name: method, path: join(outputFolder, 'head.safetensors'), record };
}

/** Evaluates with few resamples. @param notes gets what is told */
export function evaluate(
  collection: Collection,
  changes: Partial<EvaluateOptions>,
  notes: string[] = [],
): Promise<Evaluation> {
  return evaluateHeads(
    {
      ...{ heads: [], scoreColumns: [], feedback: [], queues: [], question: 'aesthetic', tag: 'aesthetic' },
      ...{ embeddings: [collection.embeddings], takesAll: true, perRater: false, resamples: 200, seed: 1 },
      collectionRows: 0,
      ...changes,
    },
    { note: (message) => notes.push(message), advance: () => undefined },
  );
}
