import { createHash } from 'node:crypto';
import { type FeedbackRecord, HIGHEST_RATING, MODES, type Mode, PAIR_CHOICES } from '../answer.ts';
import { checkRecord, isDay } from '../check.ts';
import type { LineProblem } from '../problems.ts';
import type { Role } from './columns.ts';

/** What a row says, by roles; null or left out where it says nothing. */
export type RowValues = Readonly<Partial<Record<Role, string | null>>>;

/** What holds for all rows that do not say it themselves. */
export interface RowDefaults {
  readonly question: string | undefined;
  readonly rater: string;
  readonly mode?: Mode | undefined;
  /** What ratings go from and to, where it is not 0 and 10. */
  readonly scale: readonly [lowest: number, highest: number] | undefined;
}

const PAIR_WORDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(PAIR_CHOICES.map((choice) => [choice, choice])),
  ...{
    a: 'left',
    '1': 'left',
    b: 'right',
    '2': 'right',
    draw: 'tie',
    equal: 'tie',
    same: 'tie',
    both_bad: 'both-bad',
  },
};
const KEEP_WORDS: Readonly<Record<string, string>> = {
  ...{ '1': 'keep', true: 'keep', yes: 'keep', kept: 'keep', '0': 'leave', false: 'leave', no: 'leave' },
};

/** Makes answers of rows: each has an id that its content gives, so that the same table, or one that has grown, brings no answer twice. */
export class RowAnswers {
  readonly #defaults: RowDefaults;
  /** How often the same content was met: a rater may give the same answer twice. */
  readonly #met = new Map<string, number>();

  constructor(defaults: RowDefaults) {
    this.#defaults = defaults;
  }

  /**
   * The answer of a row, or why it is none.
   *
   * @param isExport the row is of a table that `feedback export` wrote: its answers are words and never names of samples
   */
  of(given: RowValues, isExport = false): FeedbackRecord | LineProblem {
    const row = withBareHashes(given);
    const { mode: assumed, question, rater, scale } = this.#defaults;
    const mode = (row.mode ?? assumed) as Mode;
    if (!MODES.includes(mode)) return 'bad-mode';
    const time = row.time == null ? undefined : timeOf(row.time);
    const said = {
      question: row.question ?? question,
      mode,
      answer: answerOf(mode, row, { scale, isExport }),
      ...(mode === 'pair'
        ? { left: named(row.left_hash, row.left_key), right: named(row.right_hash, row.right_key) }
        : { sample: named(row.hash, row.key) }),
      rater: row.rater ?? rater,
      ...(time !== undefined && { time }),
    };
    const details = {
      ...(row.queue != null && { queue: row.queue }),
      ...(row.seed != null && { seed: Number(row.seed) }),
      ...(row.swapped != null && { swapped: row.swapped === 'true' }),
      ...(row.took_ms != null && { took_ms: Number(row.took_ms) }),
    };
    return checkRecord({ id: row.id ?? this.#idOf(said), ...said, ...details });
  }

  #idOf(said: object): string {
    const digest = createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 32);
    const before = this.#met.get(digest) ?? 0;
    this.#met.set(digest, before + 1);
    return before === 0 ? `i-${digest}` : `i-${digest}-${before}`;
  }
}

function named(hash: string | null | undefined, key: string | null | undefined): object {
  return { ...(hash != null && { hash }), ...(key != null && { key }) };
}

/** Blanks around a hash mean nothing; a key may have some. */
function withBareHashes(row: RowValues): RowValues {
  const bare: Partial<Record<Role, string | null>> = { ...row };
  for (const role of ['hash', 'left_hash', 'right_hash'] as const) {
    if (bare[role] != null) bare[role] = bare[role].trim();
  }
  return bare;
}

interface AnswerReading extends Pick<RowDefaults, 'scale'> {
  readonly isExport: boolean;
}

function answerOf(
  mode: Mode,
  row: RowValues,
  { scale, isExport }: AnswerReading,
): string | number | undefined {
  const given = row.answer?.trim();
  if (!given) return undefined;
  const word = given.toLowerCase().replaceAll(' ', '-');
  if (mode === 'pair') return isExport ? word : choiceIn(given, word, row);
  if (word === 'skip') return word;
  if (mode === 'keep') return KEEP_WORDS[word] ?? word;
  const number = Number(given);
  return mode === 'rating' && scale ? (HIGHEST_RATING * (number - scale[0])) / (scale[1] - scale[0]) : number;
}

/** Some tables name the sample that won. What says two things, as a word and as a name or as both names, says nothing. */
function choiceIn(given: string, word: string, row: RowValues): string | undefined {
  const isLeft = given === row.left_key?.trim() || given === row.left_hash;
  const isRight = given === row.right_key?.trim() || given === row.right_hash;
  const meant = [PAIR_WORDS[word], isLeft ? 'left' : undefined, isRight ? 'right' : undefined];
  const choices = new Set(meant.filter((choice) => choice !== undefined));
  return choices.size === 1 ? [...choices][0] : undefined;
}

/** A time as ISO 8601 in UTC; what has no zone is UTC, whole numbers are seconds or, from 10^11 on, milliseconds since 1970. */
function timeOf(given: string): string {
  const text = given.trim();
  if (/^\d{1,14}(\.\d+)?$/.test(text)) {
    const number = Number(text);
    return new Date(number < 1e11 ? number * 1000 : number).toISOString();
  }
  const [, date, clock = '00:00:00', zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(text) ??
    [];
  if (date !== undefined && !isDay(date)) return text;
  const zoned = /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone;
  const ms = Date.parse(`${date}T${clock.length === 5 ? `${clock}:00` : clock}${zoned}`);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
}
