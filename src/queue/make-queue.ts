import { BowerbirdError } from '../base/errors.ts';
import type { Answer, SampleName } from '../feedback/answer.ts';
import { readAnswersTo } from '../feedback/answers-to.ts';
import { AskedSummary, type AuditSummary } from '../feedback/audits.ts';
import { lineOfQueueItem, type QueueItem, queueItemId } from '../feedback/queue-items.ts';
import { HeadError } from '../heads/errors.ts';
import type { Head } from '../heads/head.ts';
import { loadHead } from '../heads/load.ts';
import { placeOf } from '../learn/split.ts';
import { checkFit } from '../rescore/checks.ts';
import { Chances } from './chances.ts';
import type { Chosen, ChosenItems, Field } from './choose.ts';
import { choosePairs } from './choose-pairs.ts';
import { chooseSamples } from './choose-samples.ts';
import { keptItems } from './ledger.ts';
import type { QueueOptions } from './options.ts';
import { pastOf } from './past.ts';
import { queuePlace } from './place.ts';
import { gatherPool } from './pool.ts';
import { nameIn, type Pool } from './pool-gathering.ts';
import { scorerOf } from './scorer.ts';

/** What is told on the way. */
export interface QueueProgress {
  readonly signal?: AbortSignal | undefined;
  readonly note: (message: string) => void;
  /** How much of what is done. */
  readonly advance: (what: string, done: number, total: number | undefined, unit: string) => void;
}

/** A queue that was written. */
export interface QueueResult {
  readonly path: string;
  /** Where the items of earlier queues lie that answers may name. */
  readonly ledger: string;
  readonly items: readonly QueueItem[];
  /** How many items there are of two held-out samples, or of one. */
  readonly heldOut: number;
  readonly choice: ChosenItems;
  /** Answers to the question in the mode that stand. */
  readonly answers: number;
  /** Rows of the collection, and how many samples were looked at. */
  readonly rows: number;
  readonly samples: number;
  readonly unusable: number;
  /** Of earlier audits. */
  readonly audits: AuditSummary;
}

/**
 * Chooses what to ask next and writes it. The same files, options and seed give the same items. What was there stays until the new queue is
 * whole.
 *
 * @throws BowerbirdError as `queuePlace`, BB_DISK_FULL, BB_INPUT_EMPTY where there is nothing to ask; HeadError BB_HEAD_*,
 *   BB_HEAD_MISMATCH also where a head without members is asked how they vary; as `readAnswers` and `gatherPool`; the signal's reason
 */
export async function makeQueue(options: QueueOptions, progress: QueueProgress): Promise<QueueResult> {
  const { queue: output, ledger } = await queuePlace(options);
  const head = options.head === undefined ? undefined : await loadHead(options.head, {});
  const answers = await answersTo(options, progress);
  const chosen = await choose(options, { head, answers, progress });
  const asked = await keptItems(output.path, answers);
  progress.signal?.throwIfAborted();
  // The queue last: whoever answers it finds why it asked.
  await ledger.writeWhole(asked.map((item) => `${lineOfQueueItem(item)}\n`).join(''));
  await output.writeWhole(chosen.items.map((item) => `${lineOfQueueItem(item)}\n`).join(''));
  const summary = new AskedSummary(asked);
  for (const answer of answers) summary.add(answer);
  return {
    ...{ path: output.path, ledger: ledger.path, answers: answers.length },
    ...chosen,
    audits: summary.result().audits,
  };
}

/** The answers to the question in the mode; none where there are no feedback files. */
async function answersTo(
  { feedback, question, mode }: QueueOptions,
  progress: QueueProgress,
): Promise<readonly Answer[]> {
  return (await readAnswersTo(feedback, { question, modes: [mode] }, progress)).answers;
}

interface Choosing {
  readonly head: Head | undefined;
  readonly answers: readonly Answer[];
  readonly progress: QueueProgress;
}

async function choose(
  options: QueueOptions,
  { head, answers, progress }: Choosing,
): Promise<Pick<QueueResult, 'items' | 'heldOut' | 'choice' | 'rows' | 'samples' | 'unusable'>> {
  const mix = mixFor(options, head, progress.note);
  const pool = await gatherPool({
    ...{ inputs: options.embeddings, size: options.pool, seed: options.seed },
    ...{ embeddingColumn: options.embeddingColumn, hashColumn: options.hashColumn },
    answered: answers.flatMap((answer) =>
      answer.mode === 'pair' ? [answer.left, answer.right] : [answer.sample],
    ),
    scorer: head && scorerOf(head),
    check: (plan) => {
      if (head) checkFit([{ column: 'aesthetic', head }], plan, true);
    },
    ...{ signal: progress.signal, onNote: progress.note },
    onProgress: (what, done, total) => progress.advance(what, done, total, 'rows'),
  });
  const past = pastOf(answers, pool.idOfAnswered);
  const members = head?.ensemble?.members ?? 1;
  const field: Field = {
    ...{ ids: pool.ids, training: pool.training, heldOut: pool.heldOut, past },
    chances: head && new Chances(pool.scores, members, head.logitsPerPoint),
  };
  const choice = (options.mode === 'pair' ? choosePairs : chooseSamples)(field, { ...options, mix });
  const items = itemsOf(options, pool, choice.chosen);
  if (items.length === 0) throw nothingToAsk(options, pool);
  return {
    ...{ items, choice, rows: pool.rowCount, samples: pool.ids.length, unusable: pool.unusable },
    heldOut: choice.chosen.filter(({ ids }) => ids.every((id) => placeOf(id).isHeldOut)).length,
  };
}

/** The mix that a head allows. @throws HeadError BB_HEAD_MISMATCH where another was demanded */
function mixFor(
  { mix, isMixDemanded, mode, head: path }: QueueOptions,
  head: Head | undefined,
  note: (message: string) => void,
): QueueOptions['mix'] {
  if (!head) {
    note('Without a head everything is asked by chance, and again.');
    return {
      ...mix,
      random: mix.random + mix.variance + mix.top + mix.threshold,
      variance: 0,
      top: 0,
      threshold: 0,
    };
  }
  const { ensemble } = head;
  const knowsVariance = ensemble !== undefined && (mode !== 'pair' || head.logitsPerPoint !== undefined);
  if (mix.variance === 0 || knowsVariance) return mix;
  const why =
    mode === 'pair'
      ? `${path} is no ensemble that learned from pairs, so that its members cannot disagree about one`
      : `${path} is no ensemble, so that its members cannot disagree`;
  if (isMixDemanded)
    throw new HeadError(
      'BB_HEAD_MISMATCH',
      `${why}. Give a head of bowerbird train --method ${mode === 'pair' ? 'bradley-terry' : 'mlp'}, or leave variance out of --mix.`,
      { fields: { head: path! } },
    );
  note(`${why}: the part variance of the mix is asked by chance.`);
  return { ...mix, random: mix.random + mix.variance, variance: 0 };
}

function itemsOf({ question, mode }: QueueOptions, pool: Pool, chosen: readonly Chosen[]): QueueItem[] {
  const names = new Map(pool.names);
  const wanted = new Set(chosen.flatMap(({ ids }) => ids));
  for (const [number, id] of pool.ids.entries()) if (wanted.has(id)) names.set(id, nameIn(pool, number));
  return chosen.map(({ ids, why, expected, round }): QueueItem => {
    const samples = ids.map((id) => names.get(id)!);
    const facts = { id: queueItemId({ question, mode, samples, round }), question, why };
    if (mode !== 'pair') return { ...facts, mode, sample: samples[0]! };
    const rounded = expected === undefined ? undefined : Number(expected.toFixed(4));
    const [left, right] = samples as [SampleName, SampleName];
    return { ...facts, mode, left, right, ...(rounded !== undefined && { expected: rounded }) };
  });
}

function nothingToAsk({ embeddings, mode }: QueueOptions, { ids, rowCount }: Pool): BowerbirdError {
  const what =
    rowCount === 0
      ? `${embeddings.join(', ')} has no rows`
      : ids.length === 0
        ? `no row of ${embeddings.join(', ')} has a hash or a key by which it could be named`
        : `of the ${ids.length} samples that were looked at, every ${mode === 'pair' ? 'pair' : 'sample'} is answered or cannot be used`;
  return new BowerbirdError('BB_INPUT_EMPTY', `There is nothing to ask: ${what}. Give other embeddings.`, {
    fields: { paths: [...embeddings] },
  });
}
