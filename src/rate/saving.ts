import { createHash } from 'node:crypto';
import { isObject } from '../base/json-object.ts';
import { type FeedbackRecord, isRetraction } from '../feedback/answer.ts';
import { checkRecord } from '../feedback/check.ts';
import { LINE_PROBLEMS } from '../feedback/problems.ts';
import type { Standing } from '../feedback/state.ts';
import type { FeedbackWriter, Saved } from '../feedback/writer.ts';
import { WebError } from '../web/http-error.ts';
import type { RateOptions } from './options.ts';
import type { PageStanding, RecordResult } from './page-data.ts';

/** Records that one request may bring. */
const MOST_RECORDS = 100;
/** So many bytes hold as many records as may come at once, with the longest keys that there are. */
export const MAX_ANSWERS_BYTES: number = 512 * 1024;

/** What the answers are to be about. */
type Asked = Pick<RateOptions, 'question' | 'mode'>;

/** Saves what a page sends (schemas/rate-answers.schema.json). Each is told once it is on the disk; one that is none holds no other up. */
export class Saving {
  readonly #writer: FeedbackWriter;
  readonly #asked: Asked;

  constructor(writer: FeedbackWriter, asked: Asked) {
    this.#writer = writer;
    this.#asked = asked;
  }

  /** Stands for file, question and mode, and says nothing of the machine. */
  get place(): string {
    const { question, mode } = this.#asked;
    return createHash('sha256')
      .update([this.#writer.path, question, mode].join('\n'))
      .digest('hex')
      .slice(0, 16);
  }

  /** Those who have answered this question in this mode. */
  get raters(): string[] {
    const { question, mode } = this.#asked;
    const standings = this.#writer.state.standings();
    return standings
      .filter((one) => one.question === question && one.mode === mode)
      .map(({ rater }) => rater);
  }

  standingOf(rater: string): PageStanding {
    return pageStanding(this.#writer.state.standing({ ...this.#asked, rater }));
  }

  /** @throws WebError BB_HTTP_QUERY for what is no list of records; BowerbirdError where nothing can be written */
  async save(body: unknown): Promise<{ results: RecordResult[]; raters: readonly string[] }> {
    const checked = recordsIn(body).map((value) => this.#check(value));
    const records = checked.filter((each) => typeof each !== 'string');
    const saved = await this.#writer.append(records);
    const results = checked.map(
      (each): RecordResult => (typeof each === 'string' ? { refused: each } : resultOf(saved.shift()!)),
    );
    return { results, raters: [...new Set(records.map(({ rater }) => rater))] };
  }

  #check(value: unknown): FeedbackRecord | string {
    const record = checkRecord(value);
    if (typeof record === 'string') return LINE_PROBLEMS[record];
    if (isRetraction(record)) return record;
    const { question, mode } = this.#asked;
    if (record.question === question && record.mode === mode) return record;
    return `it answers ${record.question} by ${record.mode}, and ${question} is asked here, by ${mode}`;
  }
}

function recordsIn(body: unknown): readonly unknown[] {
  const records = isObject(body) ? body['records'] : undefined;
  if (Array.isArray(records) && records.length <= MOST_RECORDS) return records;
  throw new WebError(
    'BB_HTTP_QUERY',
    `An object with a list "records" of at most ${MOST_RECORDS} is taken here.`,
  );
}

function resultOf(saved: Saved): RecordResult {
  return saved === 'id-reused' ? { refused: LINE_PROBLEMS['id-reused'] } : saved;
}

function pageStanding(standing: Standing | undefined): PageStanding {
  if (!standing) return { answers: 0, skips: 0, compared: 0, agreed: 0 };
  const { answers, skips, repeats } = standing;
  return { answers, skips, ...repeats };
}
