import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../base/json-object.ts';
import { type SampleName, sampleId } from './answer.ts';
import { checkSample, isQuestion } from './check.ts';
import { LineWalk, readLinePieces } from './file-lines.ts';
import { nameOf } from './line.ts';
import { LINE_PROBLEMS, ProblemCounts } from './problems.ts';

/** How a queue asks. */
export const ASKED_MODES = ['pair', 'rating', 'keep'] as const;
export type AskedMode = (typeof ASKED_MODES)[number];

/** Why something is asked, each as half a sentence: what was chosen. */
export const QUEUE_REASONS = {
  random:
    'by chance among all that is not answered yet; those of held-out samples are fit to measure a head with',
  variance: 'pairs about which the members of an ensemble disagree most',
  top: 'among the samples of the highest scores',
  threshold: 'samples whose scores lie around a threshold',
  repeat: 'what was answered before, once more; pairs with their sides exchanged',
  audit: 'pairs of which the head was certain, by chance among them: what passing over the others costs',
} as const;
export type QueueReason = keyof typeof QUEUE_REASONS;

interface QueueFacts {
  /** 16 hex digits (`queueItemId`); the answer's field `queue`. */
  readonly id: string;
  readonly question: string;
  readonly why: QueueReason;
}

/** Which of two samples is better? */
export interface PairItem extends QueueFacts {
  readonly mode: 'pair';
  readonly left: SampleName;
  readonly right: SampleName;
  /** The chance that left wins, by the head that the queue was made with. */
  readonly expected?: number;
}

/** How good is a sample, or is it to be kept? */
export interface SampleItem extends QueueFacts {
  readonly mode: 'rating' | 'keep';
  readonly sample: SampleName;
}

/** What to ask next: a line of a queue file. */
export type QueueItem = PairItem | SampleItem;

/** Why a line of a queue file is no item, each as half a sentence about the line. The list is closed: docs/feedback.md has all. */
export const QUEUE_PROBLEMS = {
  cut: LINE_PROBLEMS.cut,
  'too-long': LINE_PROBLEMS['too-long'],
  'not-utf8': LINE_PROBLEMS['not-utf8'],
  'not-json': LINE_PROBLEMS['not-json'],
  'not-object': LINE_PROBLEMS['not-object'],
  'unknown-version': LINE_PROBLEMS['unknown-version'],
  'bad-id': 'its id is none: 16 of the characters 0-9 a-f',
  'bad-question': LINE_PROBLEMS['bad-question'],
  'bad-mode': 'its mode is none of pair, rating, keep',
  'bad-sample': LINE_PROBLEMS['bad-sample'],
  'same-sample': LINE_PROBLEMS['same-sample'],
  'bad-why': `its why is none of ${Object.keys(QUEUE_REASONS).join(', ')}`,
  'bad-expected': 'its expected is no number from 0 to 1',
  'id-repeated': 'an earlier line has its id: each item is asked once',
} as const;
export type QueueProblem = keyof typeof QUEUE_PROBLEMS;

const ID = /^[0-9a-f]{16}$/;

/** The items of a queue file, in the order in which they are to be asked, and what the other lines are. */
export interface QueueItems {
  readonly items: readonly QueueItem[];
  readonly problems: ProblemCounts<QueueProblem>;
}

/**
 * Reads a queue file. Queue files are replaced whole: who opens one reads the old or the new one, never parts of both.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE
 */
export async function readQueueItems(path: string): Promise<QueueItems> {
  const items = new Map<string, QueueItem>();
  const problems = new ProblemCounts<QueueProblem>('line', QUEUE_PROBLEMS);
  const walk = new LineWalk();
  for await (const piece of readLinePieces(path, undefined, 'queue file')) {
    walk.begin(piece);
    for (let from = walk.next(); from !== undefined; from = walk.next()) {
      const text = walk.take(from);
      const said =
        typeof text === 'string' ? parseQueueLine(text, piece.isUnended) : (text.problem as QueueProblem);
      if (said === undefined) continue;
      const problem = typeof said === 'string' ? said : items.has(said.id) ? 'id-repeated' : undefined;
      if (problem !== undefined) problems.add({ path, line: walk.line, problem });
      else items.set((said as QueueItem).id, said as QueueItem);
    }
  }
  return { items: [...items.values()], problems };
}

/** What a line says; undefined for a blank one. */
function parseQueueLine(text: string, isCut: boolean): QueueItem | QueueProblem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (text.trim() === '') return undefined;
    return isCut ? 'cut' : 'not-json';
  }
  return checkQueueItem(value);
}

/** What a JSON value says as a line of a queue file; the first problem where it says nothing. Fields of other names are passed over. */
export function checkQueueItem(value: unknown): QueueItem | QueueProblem {
  if (!isObject(value)) return 'not-object';
  const { v, id, question, why } = value;
  const mode = value['mode'] as AskedMode;
  if (v !== undefined && v !== 1) return 'unknown-version';
  if (typeof id !== 'string' || !ID.test(id)) return 'bad-id';
  if (!isQuestion(question)) return 'bad-question';
  if (!ASKED_MODES.includes(mode)) return 'bad-mode';
  if (typeof why !== 'string' || !Object.hasOwn(QUEUE_REASONS, why)) return 'bad-why';
  const facts = { id, question, why: why as QueueReason };
  if (mode === 'pair') return checkPair(facts, value);
  const sample = checkSample(value['sample']);
  return sample ? { ...facts, mode, sample } : 'bad-sample';
}

function checkPair(facts: QueueFacts, value: JsonObject): QueueItem | QueueProblem {
  const left = checkSample(value['left']);
  const right = checkSample(value['right']);
  const expected = value['expected'];
  if (!left || !right) return 'bad-sample';
  if (sampleId(left) === sampleId(right)) return 'same-sample';
  if (expected === undefined) return { ...facts, mode: 'pair', left, right };
  if (typeof expected !== 'number' || !(expected >= 0 && expected <= 1)) return 'bad-expected';
  return { ...facts, mode: 'pair', left, right, expected };
}

/** An item as the line of a queue file, without its end: fields in a fixed order, so that the same item has the same bytes. */
export function lineOfQueueItem(item: QueueItem): string {
  const { id, question, mode, why } = item;
  const samples =
    item.mode === 'pair'
      ? { left: nameOf(item.left), right: nameOf(item.right) }
      : { sample: nameOf(item.sample) };
  const expected = item.mode === 'pair' ? item.expected : undefined;
  return JSON.stringify({ v: 1, id, question, mode, ...samples, why, expected });
}

/** What an item asks, and how often that was asked before. */
export interface Asked {
  readonly question: string;
  readonly mode: AskedMode;
  /** The sample, or the two of a pair, in either order. */
  readonly samples: readonly SampleName[];
  /** From 0: which time it is that this is asked. */
  readonly round: number;
}

/** The id of an item: the first 16 hex digits of the sha256 of what it asks, so that the same choice made again has the same id. */
export function queueItemId({ question, mode, samples, round }: Asked): string {
  const asked = [question, mode, round, ...samples.map(sampleId).sort()];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 16);
}
