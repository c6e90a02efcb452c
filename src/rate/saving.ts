import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../base/json-object.ts';
import { type Answer, type FeedbackRecord, isRetraction, type Retraction } from '../feedback/answer.ts';
import { checkRecord } from '../feedback/check.ts';
import { LINE_PROBLEMS } from '../feedback/problems.ts';
import type { AskedMode } from '../feedback/queue-items.ts';
import type { Standing } from '../feedback/state.ts';
import type { FeedbackWriter, Saved } from '../feedback/writer.ts';
import { WebError } from '../web/http-error.ts';
import type { PageStanding, RecordResult } from './page-data.ts';

/** Records that one request may bring. */
const MOST_RECORDS = 100;
/** So many bytes hold as many records as may come at once, with the longest keys that there are. */
export const MAX_ANSWERS_BYTES: number = 512 * 1024;

/** What the answers are to be about. */
interface Asked {
  readonly question: string;
  readonly mode: AskedMode;
  /** Who answers, where that is settled. */
  readonly rater?: string | undefined;
}

/** What an answer has done besides being saved. */
export interface AnswerDeeds {
  /**
   * Before a record is saved that was not there before: what it asks for stands when this is through.
   *
   * @param sent the record with all that the page sent along
   * @returns what is to be said of it; why it is refused, where it cannot be done
   * @throws what keeps anything from being saved: the page sends it again
   */
  before(record: Answer, sent: JsonObject): Promise<Deed | undefined>;
  /** After an answer was taken back, again where that is sent again. */
  after(retraction: Retraction): Promise<Deed | undefined>;
  /** An answer is saved. */
  saved(record: Answer): Promise<void>;
}

export type Deed = { readonly said: string } | { readonly refused: string };

/** What became of what was sent. */
export interface SavedRecords {
  readonly results: RecordResult[];
  /** Who sent it. */
  readonly raters: readonly string[];
  /** By the ids of records: what is to be said of them. */
  readonly said?: Readonly<Record<string, string>> | undefined;
}

/** Saves what a page sends (schemas/rate-answers.schema.json). Each is told once it is on the disk; one that is none holds no other up. */
export class Saving {
  readonly #writer: FeedbackWriter;
  readonly #asked: Asked;
  readonly #deeds: AnswerDeeds | undefined;

  constructor(writer: FeedbackWriter, asked: Asked, deeds: AnswerDeeds | undefined) {
    this.#writer = writer;
    this.#asked = asked;
    this.#deeds = deeds;
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
  async save(body: unknown): Promise<SavedRecords> {
    const groups = this.#deeds ? groupsOf(recordsIn(body)) : [recordsIn(body)];
    const saved: SavedRecords[] = [];
    for (const values of groups) saved.push(await this.#saveGroup(values));
    return {
      results: saved.flatMap(({ results }) => results),
      raters: [...new Set(saved.flatMap(({ raters }) => raters))],
      said: this.#deeds && Object.assign({}, ...saved.map(({ said }) => said)),
    };
  }

  async #saveGroup(values: readonly unknown[]): Promise<SavedRecords> {
    const checked = values.map((value) => this.#check(value));
    const said = await this.#doBefore(checked, values);
    this.#refuseForeignUndos(checked);
    const records = checked.filter((each) => typeof each !== 'string');
    const saved = await this.#writer.append(records);
    await this.#doAfter(records, saved, said);
    const results = checked.map(
      (each): RecordResult => (typeof each === 'string' ? { refused: each } : resultOf(saved.shift()!)),
    );
    const raters = [...new Set(records.map(({ rater }) => rater))];
    return { results, raters, said: this.#deeds && Object.fromEntries(said) };
  }

  /** What is refused takes the place of its record. */
  async #doBefore(
    checked: (FeedbackRecord | string)[],
    values: readonly unknown[],
  ): Promise<Map<string, string>> {
    const said = new Map<string, string>();
    for (const [place, record] of checked.entries()) {
      if (!this.#deeds || typeof record === 'string' || isRetraction(record)) continue;
      if (this.#writer.state.look(record) !== 'new') continue;
      const deed = await this.#deeds.before(record, values[place] as JsonObject);
      if (deed && 'refused' in deed) checked[place] = deed.refused;
      else if (deed) said.set(record.id, deed.said);
    }
    return said;
  }

  /** Who has not given an answer cannot take it back; what is refused takes the place of its record. */
  #refuseForeignUndos(checked: (FeedbackRecord | string)[]): void {
    const raters = new Map<string, string>();
    for (const [place, record] of checked.entries()) {
      if (typeof record === 'string') continue;
      if (!isRetraction(record)) {
        raters.set(record.id, record.rater);
        continue;
      }
      const rater = this.#writer.state.raterOf(record.retracts) ?? raters.get(record.retracts);
      if (rater === undefined) checked[place] = 'it takes back an answer that is not there';
      else if (rater !== record.rater) checked[place] = 'it takes back an answer of another rater';
    }
  }

  async #doAfter(
    records: readonly FeedbackRecord[],
    saved: readonly Saved[],
    said: Map<string, string>,
  ): Promise<void> {
    for (const [place, record] of records.entries()) {
      if (!this.#deeds || saved[place] === 'id-reused') continue;
      if (!isRetraction(record)) {
        if (saved[place] === 'saved') await this.#deeds.saved(record);
        continue;
      }
      const deed = await this.#deeds.after(record);
      if (deed) said.set(record.id, 'said' in deed ? deed.said : deed.refused);
    }
  }

  #check(value: unknown): FeedbackRecord | string {
    const record = checkRecord(value);
    if (typeof record === 'string') return LINE_PROBLEMS[record];
    const { question, mode, rater = record.rater } = this.#asked;
    if (record.rater !== rater) return `it is from ${record.rater}, and ${rater} answers here`;
    if (isRetraction(record) || (record.question === question && record.mode === mode)) return timed(record);
    return `it answers ${record.question} by ${record.mode}, and ${question} is asked here, by ${mode}`;
  }
}

/** Nothing was answered after it came: a clock that is ahead, or none, gives way to this one. */
function timed(record: FeedbackRecord): FeedbackRecord {
  const nowMs = Date.now();
  const isKnown = record.time !== undefined && Date.parse(record.time) <= nowMs;
  return isKnown ? record : { ...record, time: new Date(nowMs).toISOString() };
}

function recordsIn(body: unknown): readonly unknown[] {
  const records = isObject(body) ? body['records'] : undefined;
  if (Array.isArray(records) && records.length <= MOST_RECORDS) return records;
  throw new WebError(
    'BB_HTTP_QUERY',
    `An object with a list "records" of at most ${MOST_RECORDS} is taken here.`,
  );
}

/** What is taken back is undone before the answers that come after it are done. */
function groupsOf(values: readonly unknown[]): readonly (readonly unknown[])[] {
  const groups: unknown[][] = [[]];
  const isUndo = (value: unknown): boolean => isObject(value) && value['retracts'] !== undefined;
  for (const [place, value] of values.entries()) {
    if (place > 0 && isUndo(values[place - 1]) && !isUndo(value)) groups.push([]);
    groups.at(-1)!.push(value);
  }
  return groups;
}

function resultOf(saved: Saved): RecordResult {
  return saved === 'id-reused' ? { refused: LINE_PROBLEMS['id-reused'] } : saved;
}

function pageStanding(standing: Standing | undefined): PageStanding {
  if (!standing) return { answers: 0, skips: 0, compared: 0, agreed: 0 };
  const { answers, skips, repeats } = standing;
  return { answers, skips, ...repeats };
}
