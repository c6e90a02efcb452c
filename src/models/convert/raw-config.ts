import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import { isObject, type JsonObject } from '../../base/json-object.ts';
import { requirePlainFile } from '../../base/plain-file.ts';
import { quote } from '../../base/quote.ts';
import { weightsUnreadable } from '../../weights/errors.ts';

const MAX_CONFIG_BYTES = 4 * 2 ** 20;

/**
 * @throws RangeError or SyntaxError where it is no JSON object, or larger than any config is
 * @throws WeightsError BB_WEIGHTS_UNREADABLE
 */
export function readRawConfig(path: string): JsonObject {
  const raw: unknown = JSON.parse(readText(path));
  if (!isObject(raw)) throw new RangeError('it is no JSON object');
  return raw;
}

function readText(path: string): string {
  try {
    requirePlainFile(path);
    const { size } = statSync(path);
    if (size > MAX_CONFIG_BYTES) throw new RangeError(`it has ${size} bytes`);
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof RangeError) throw thrown;
    throw weightsUnreadable(path, messageOf(thrown), thrown);
  }
}

/** A whole number above zero. @throws RangeError */
export function countOf(raw: JsonObject, field: string): number {
  const value = raw[field];
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new RangeError(`its ${field} is no whole number above zero`);
}

/** A small positive number, as what is added to a variance. @throws RangeError */
export function epsilonOf(raw: JsonObject, field: string): number {
  const value = raw[field];
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  throw new RangeError(`its ${field} is no number between 0 and 1`);
}

/** One value per channel. @throws RangeError */
export function tripleOf(raw: JsonObject, field: string): readonly [number, number, number] {
  const value = raw[field];
  if (Array.isArray(value) && value.length === 3 && value.every((part) => Number.isFinite(part)))
    return value as [number, number, number];
  throw new RangeError(`its ${field} is not three numbers`);
}

/** One of the words that are known, and what it means here. @throws RangeError */
export function wordOf<T>(raw: JsonObject, field: string, known: Readonly<Record<string, T>>): T {
  const word = String(raw[field]);
  if (Object.hasOwn(known, word)) return known[word]!;
  throw new RangeError(
    `its ${field} is ${quote(word)}, and of these alone is known what they mean: ${Object.keys(known).join(', ')}`,
  );
}

/**
 * Refuses what a config says beyond what is known of it: unread, it could change what the model gives.
 *
 * @param drawn the values under which a field changes nothing
 * @throws RangeError
 */
export function refuseOtherFields(
  raw: JsonObject,
  known: ReadonlySet<string>,
  drawn: Readonly<Record<string, readonly unknown[]>>,
): void {
  for (const [field, value] of Object.entries(raw)) {
    if (known.has(field)) continue;
    if (!Object.hasOwn(drawn, field)) throw new RangeError(`its ${quote(field)} is not known`);
    if (!drawn[field]!.includes(value))
      throw new RangeError(`its ${field} is ${JSON.stringify(value)}, and such a model is not drawn here`);
  }
}
