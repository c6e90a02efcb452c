import { isObject, type JsonObject } from '../base/json-object.ts';
import { parseHashText } from '../samples/hash-text.ts';
import {
  type Answer,
  type AnswerFacts,
  type FeedbackRecord,
  HIGHEST_RATING,
  KEEP_CHOICES,
  type KeepChoice,
  MODES,
  type Mode,
  PAIR_CHOICES,
  type PairChoice,
  type Retraction,
  type SampleName,
  sampleId,
} from './answer.ts';
import type { LineProblem } from './problems.ts';

const ID = /^[\w.:-]{1,64}$/;
const QUESTION = /^[a-z][a-z0-9_-]{0,63}$/;
const TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$/;
/** No control characters, no half characters, nothing that turns text around. */
const NAME = /^[^\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+$/u;
const PLAIN_NAME = /^[\x20-\x7e]+$/;
export const MAX_RATER_CHARACTERS = 64;
export const MAX_KEY_CHARACTERS = 1024;
export const MAX_QUEUE_CHARACTERS = 256;

/** What a JSON value says as a line of feedback; the first problem where it says nothing. Fields of other names are passed over. */
export function checkRecord(value: unknown): FeedbackRecord | LineProblem {
  if (!isObject(value)) return 'not-object';
  if (value['v'] !== undefined && value['v'] !== 1) return 'unknown-version';
  if (!isId(value['id'])) return 'bad-id';
  if (!isName(value['rater'], MAX_RATER_CHARACTERS)) return 'bad-rater';
  if (value['time'] !== undefined && !isTime(value['time'])) return 'bad-time';
  return value['retracts'] === undefined ? checkAnswer(value) : checkRetraction(value);
}

/** Whether a text may stand for a question. */
export function isQuestion(value: unknown): value is string {
  return typeof value === 'string' && QUESTION.test(value);
}

/** Whether a text may stand for a rater. */
export function isRater(value: unknown): value is string {
  return isName(value, MAX_RATER_CHARACTERS);
}

/** Whether a text may stand for a sample. */
export function isKey(value: unknown): value is string {
  return isName(value, MAX_KEY_CHARACTERS);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value) && isDay(value);
}

/** Whether the day that a text begins with (YYYY-MM-DD) is one that there is. */
export function isDay(text: string): boolean {
  return isDayOf(Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8, 10)));
}

/** Whether there is such a day. @param month from 1 */
export function isDayOf(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  if (month !== 2) return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (isLeap ? 29 : 28);
}

function isName(value: unknown, most: number): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > most) return false;
  return PLAIN_NAME.test(value) || NAME.test(value);
}

function checkRetraction(value: JsonObject): Retraction | LineProblem {
  const { id, retracts, rater, time } = value;
  if (!isId(retracts)) return 'bad-id';
  return {
    id: id as string,
    retracts,
    rater: rater as string,
    ...(time !== undefined && { time: time as string }),
  };
}

function checkAnswer(value: JsonObject): Answer | LineProblem {
  const mode = value['mode'] as Mode;
  if (!isQuestion(value['question'])) return 'bad-question';
  if (!MODES.includes(mode)) return 'bad-mode';
  const facts = checkFacts(value);
  if (typeof facts === 'string') return facts;
  const answer = value['answer'];
  if (!isAnswerOf(mode, answer)) return 'bad-answer';
  if (mode === 'pair') return checkPair(facts, answer as PairChoice, value);
  const sample = checkSample(value['sample']);
  if (!sample) return 'bad-sample';
  if (mode === 'keep') return { ...facts, mode, answer: answer as KeepChoice, sample };
  if (mode === 'likes') return { ...facts, mode, answer: answer as number, sample };
  return { ...facts, mode, answer: answer as number | 'skip', sample };
}

function checkPair(facts: AnswerFacts, answer: PairChoice, value: JsonObject): Answer | LineProblem {
  const left = checkSample(value['left']);
  const right = checkSample(value['right']);
  if (!left || !right) return 'bad-sample';
  if (sampleId(left) === sampleId(right)) return 'same-sample';
  return { ...facts, mode: 'pair', answer, left, right };
}

/** Whether a value is an answer that a mode has. */
export function isAnswerOf(mode: Mode, answer: unknown): boolean {
  if (mode === 'pair') return PAIR_CHOICES.includes(answer as PairChoice);
  if (mode === 'keep') return KEEP_CHOICES.includes(answer as KeepChoice);
  if (mode === 'rating' && answer === 'skip') return true;
  const most = mode === 'rating' ? HIGHEST_RATING : Number.MAX_VALUE;
  return typeof answer === 'number' && answer >= 0 && answer <= most;
}

/** The facts that a line may leave out. */
function checkFacts(value: JsonObject): AnswerFacts | LineProblem {
  const { queue, seed, swapped, time } = value;
  const tookMs = value['took_ms'];
  if (queue !== undefined && !isName(queue, MAX_QUEUE_CHARACTERS)) return 'bad-detail';
  if (seed !== undefined && !Number.isSafeInteger(seed)) return 'bad-detail';
  if (swapped !== undefined && typeof swapped !== 'boolean') return 'bad-detail';
  if (tookMs !== undefined && !(Number.isFinite(tookMs) && (tookMs as number) >= 0)) return 'bad-detail';
  return {
    id: value['id'] as string,
    question: value['question'] as string,
    rater: value['rater'] as string,
    ...(time !== undefined && { time: time as string }),
    ...(queue !== undefined && { queue: queue as string }),
    ...(seed !== undefined && { seed: seed as number }),
    ...(swapped !== undefined && { swapped: swapped as boolean }),
    ...(tookMs !== undefined && { tookMs: tookMs as number }),
  };
}

/** What names a sample; undefined for what names none. */
export function checkSample(value: unknown): SampleName | undefined {
  if (!isObject(value)) return undefined;
  const { hash, key } = value;
  if (key !== undefined && !isKey(key)) return undefined;
  if (hash === undefined) return key === undefined ? undefined : { key };
  const text = typeof hash === 'string' ? canonicalHash(hash) : undefined;
  if (text === undefined) return undefined;
  return key === undefined ? { hash: text } : { hash: text, key };
}

/** Surely an int64 as JavaScript writes it: 19 digits, and below the 9.2e18 at which the range ends. */
const PLAIN_HASH = /^-?(0|[1-9]\d{0,17}|[1-8]\d{18})$/;

/** A hash as int64 in decimal: unsigned 64-bit numbers keep their bits. undefined for what is no hash. */
export function canonicalHash(text: string): string | undefined {
  if (PLAIN_HASH.test(text) && text !== '-0') return text;
  const hash = parseHashText(text);
  return hash === undefined ? undefined : String(hash);
}
