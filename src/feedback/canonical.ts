import {
  type Answer,
  type AnswerFacts,
  KEEP_CHOICES,
  type KeepChoice,
  PAIR_CHOICES,
  type PairChoice,
  type SampleName,
  sampleId,
} from './answer.ts';
import { isAnswerOf, isDay } from './check.ts';

/** Printable ASCII that JSON writes as it is. */
const text = (most: number): string => `"([ !#-\\[\\]-~]{1,${most}})"`;
const WHOLE = '(0|-?[1-9]\\d{0,14})';
const HASH = '"(0|-?[1-9]\\d{0,17}|-?[1-8]\\d{18})"';
const SAMPLE = `\\{(?:"hash":${HASH}(?:,"key":${text(1024)})?|"key":${text(1024)})\\}`;
const TIME =
  '"(\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?Z)"';
const BEGIN = '^\\{"v":1,"id":"([\\w.:-]{1,64})","question":"([a-z][a-z0-9_-]{0,63})"';
const END =
  `"rater":${text(64)}(?:,"time":${TIME})?(?:,"queue":${text(256)})?(?:,"seed":${WHOLE})?` +
  '(?:,"swapped":(true|false))?(?:,"took_ms":(0|[1-9]\\d{0,14}))?\\}$';

const PAIR = new RegExp(
  `${BEGIN},"mode":"pair","answer":"(${PAIR_CHOICES.join('|')})","left":${SAMPLE},"right":${SAMPLE},${END}`,
);
const SINGLE = new RegExp(
  `${BEGIN},"mode":"(rating|keep|likes)","answer":(?:"(${KEEP_CHOICES.join('|')})"|((?:0|[1-9]\\d{0,14})(?:\\.\\d{1,15})?)),"sample":${SAMPLE},${END}`,
);

type Groups = readonly (string | undefined)[];

/**
 * The answer of a line as `lineOf` writes it, read by a pattern: a tenth of the time of JSON.parse and checks. What the patterns match is
 * valid by them; undefined for any other line, which may be an answer all the same.
 */
export function parseCanonical(line: string): Answer | undefined {
  const pair = PAIR.exec(line);
  if (pair) return pairOf(pair);
  const single = SINGLE.exec(line);
  return single ? singleOf(single) : undefined;
}

function pairOf(groups: Groups): Answer | undefined {
  const left = sampleOf(groups, 4);
  const right = sampleOf(groups, 7);
  if (sampleId(left) === sampleId(right)) return undefined;
  return withFacts({ mode: 'pair', answer: groups[3] as PairChoice, left, right }, groups, 10);
}

function singleOf(groups: Groups): Answer | undefined {
  const mode = groups[3] as 'rating' | 'keep' | 'likes';
  const answer = groups[5] === undefined ? (groups[4] as KeepChoice) : Number(groups[5]);
  if (!isAnswerOf(mode, answer)) return undefined;
  return withFacts({ mode, answer, sample: sampleOf(groups, 6) }, groups, 9);
}

function sampleOf(groups: Groups, from: number): SampleName {
  const hash = groups[from];
  if (hash === undefined) return { key: groups[from + 2]! };
  const key = groups[from + 1];
  return key === undefined ? { hash } : { hash, key };
}

/** Adds the facts that follow from a group on: rater, time, queue, seed, swapped, took_ms; undefined where the time's day does not exist. */
function withFacts(said: object, groups: Groups, from: number): Answer | undefined {
  const time = groups[from + 1];
  if (time !== undefined && !isDay(time)) return undefined;
  const answer = said as { -readonly [Name in keyof AnswerFacts]: AnswerFacts[Name] };
  answer.id = groups[1]!;
  answer.question = groups[2]!;
  answer.rater = groups[from]!;
  if (time !== undefined) answer.time = time;
  if (groups[from + 2] !== undefined) answer.queue = groups[from + 2]!;
  if (groups[from + 3] !== undefined) answer.seed = Number(groups[from + 3]);
  if (groups[from + 4] !== undefined) answer.swapped = groups[from + 4] === 'true';
  if (groups[from + 5] !== undefined) answer.tookMs = Number(groups[from + 5]);
  return answer as Answer;
}
