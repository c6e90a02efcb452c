import { statSync } from 'node:fs';
import { BowerbirdError, messageOf } from '../../base/errors.ts';
import { isObject, type JsonObject } from '../../base/json-object.ts';
import { readPlainText } from '../../base/plain-file.ts';
import type { Mode } from '../answer.ts';
import { type FoundRoles, type ShapeChoice, shapeOf } from './columns.ts';
import type { RowValues } from './row-answer.ts';

/** It is read at once. */
const MAX_BYTES = 512 * 1024 * 1024;

/** Which control of Label Studio an answer comes from. */
const MODES_OF_TYPES: Readonly<Record<string, Mode>> = {
  pairwise: 'pair',
  rating: 'rating',
  choices: 'keep',
  number: 'rating',
};

/** A task of an export, or why an element of it is none. */
export type ExportedTask = JsonObject | 'not-object' | 'bad-sample' | 'bad-answer';

/**
 * The tasks of Label Studio's JSON export (not JSON_MIN), in their order; undefined where a file is something else: an export has a task at least.
 *
 * @throws BowerbirdError BB_INPUT_UNREADABLE
 */
export async function readLabelStudio(path: string): Promise<readonly ExportedTask[] | undefined> {
  if (!/\.json$/i.test(path)) return undefined;
  try {
    if (statSync(path).size > MAX_BYTES)
      throw new Error('as a JSON export it is larger than 512 MiB; export it in parts');
    const value: unknown = JSON.parse(await readPlainText(path));
    if (!Array.isArray(value)) return undefined;
    const tasks = value.map(taskIn);
    return tasks.some(isTask) ? tasks : undefined;
  } catch (thrown) {
    // What is no JSON is told by whoever reads tables.
    if (thrown instanceof SyntaxError) return undefined;
    throw new BowerbirdError('BB_INPUT_UNREADABLE', `${path} cannot be read: ${messageOf(thrown)}.`, {
      cause: thrown,
      fields: { path },
    });
  }
}

/** Of a task its samples are named by `data`, and what was said of them stands in `annotations`. */
function taskIn(value: unknown): ExportedTask {
  if (!isObject(value)) return 'not-object';
  if (!isObject(value['data'])) return 'bad-sample';
  return Array.isArray(value['annotations']) ? value : 'bad-answer';
}

export function isTask(value: ExportedTask): value is JsonObject {
  return typeof value !== 'string';
}

/** How the tasks of an export are asked, where their results show one way alone: what a cancelled annotation without results skips. */
export function modeOfTasks(tasks: readonly JsonObject[]): Mode | undefined {
  const modes = new Set<Mode>();
  for (const task of tasks) {
    for (const annotation of annotationsOf(task))
      for (const result of resultsOf(annotation)) {
        const mode = modeOf(result);
        if (mode !== undefined) modes.add(mode);
      }
  }
  return modes.size === 1 ? [...modes][0] : undefined;
}

function annotationsOf(task: JsonObject): JsonObject[] {
  return (task['annotations'] as unknown[]).filter(isObject);
}

function resultsOf({ result }: JsonObject): JsonObject[] {
  return Array.isArray(result) ? result.filter(isObject) : [];
}

function modeOf({ type }: JsonObject): Mode | undefined {
  return MODES_OF_TYPES[String(type)];
}

/**
 * What the annotations of a task say, one row for each result of a Pairwise, Rating, Number or Choices control; cancelled annotations say `skip`,
 * in one row where they have no such result. Samples are named by the fields of the task's data.
 *
 * @param shown of `modeOfTasks`; where neither it nor `choice` has a mode, a row without results has none
 * @throws BowerbirdError BB_COLUMN_MISSING where these do not show which names a sample
 */
export function rowsOfTask(
  path: string,
  task: JsonObject,
  choice: ShapeChoice,
  shown: Mode | undefined,
): RowValues[] {
  return annotationsOf(task).flatMap((annotation) => {
    const isCancelled = annotation['was_cancelled'] === true;
    const rowOf = (mode: Mode, answer: string | null): RowValues => ({
      ...namesIn(path, task, { ...choice, mode }),
      ...factsOf(annotation),
      ...{ mode, answer },
    });
    const results = resultsOf(annotation).filter((result) => modeOf(result) !== undefined);
    if (isCancelled && results.length === 0) {
      const mode = choice.mode ?? shown;
      return [mode === undefined ? { ...factsOf(annotation), answer: 'skip' } : rowOf(mode, 'skip')];
    }
    return results.flatMap((result) => {
      const mode = modeOf(result)!;
      if (choice.mode !== undefined && choice.mode !== mode) return [];
      return [rowOf(mode, isCancelled ? 'skip' : answerIn(result))];
    });
  });
}

function answerIn({ value }: JsonObject): string | null {
  if (!isObject(value)) return null;
  const { selected, rating, number, choices } = value;
  const given =
    selected ?? rating ?? number ?? (Array.isArray(choices) && choices.length === 1 ? choices[0] : null);
  return typeof given === 'string' || typeof given === 'number' ? String(given) : null;
}

function factsOf(annotation: JsonObject): RowValues {
  const { completed_by: by, created_at: time, lead_time: seconds } = annotation;
  const rater = isObject(by) ? (by['email'] ?? by['username'] ?? by['id']) : by;
  return {
    rater: rater === undefined || rater === null ? null : String(rater),
    time: typeof time === 'string' ? time : null,
    took_ms: typeof seconds === 'number' ? String(Math.round(1000 * seconds)) : null,
  };
}

/** The fields that name samples: by their names, else the only ones that are texts. */
function namesIn(path: string, task: JsonObject, choice: ShapeChoice & { readonly mode: Mode }): RowValues {
  const data = task['data'] as JsonObject;
  const texts = Object.keys(data).filter((name) => typeof data[name] === 'string');
  const isPair = choice.mode === 'pair';
  const only: FoundRoles = isPair && texts.length === 2 ? { left_key: texts[0]!, right_key: texts[1]! } : {};
  const single: FoundRoles = !isPair && texts.length === 1 ? { key: texts[0]! } : {};
  const known = Object.keys(choice.roles).length > 0 ? choice.roles : { ...only, ...single };
  const { roles } = shapeOf(path, [...texts, 'answer'], { mode: choice.mode, roles: known });
  const { hash, key, left_hash, left_key, right_hash, right_key } = roles;
  const names = { hash, key, left_hash, left_key, right_hash, right_key };
  const said = Object.entries(names).filter(([, name]) => name !== undefined && texts.includes(name));
  return Object.fromEntries(said.map(([role, name]) => [role, data[name!] as string]));
}
