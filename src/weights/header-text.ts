import { jsonTokens } from '../base/json-tokens.ts';
import { quote } from '../base/quote.ts';

/**
 * Refuses what `JSON.parse` takes and a safetensors header must not have: a key twice, of which it keeps the last; numbers that
 * are not whole, or not written so (`1.0`, `-0`, `1e3`); and halves of UTF-16 pairs, which no UTF-8 can hold. The text is one
 * that `JSON.parse` takes.
 *
 * @throws RangeError
 */
export function checkHeaderText(json: string): void {
  const seenKeys: Set<string>[] = [];
  let before = '';
  for (const token of jsonTokens(json)) {
    if (token === '{' || token === '[') seenKeys.push(new Set());
    else if (token === '}' || token === ']') seenKeys.pop();
    else if (token === ':') refuseSeen(JSON.parse(before) as string, seenKeys.at(-1)!);
    else if (token.startsWith('"')) refuseHalves(token);
    else if (token !== ',') refuseFraction(token);
    before = token;
  }
}

function refuseSeen(key: string, seen: Set<string>): void {
  if (seen.has(key)) throw new RangeError(`its header has ${quote(key)} twice`);
  seen.add(key);
}

function refuseHalves(token: string): void {
  if (token.includes('\\u') && /\p{Surrogate}/u.test(JSON.parse(token) as string))
    throw new RangeError('its header has half of a UTF-16 pair');
}

function refuseFraction(token: string): void {
  if (!/^\d+$/.test(token))
    throw new RangeError(`its header has the number ${token.slice(0, 40)}, where whole ones belong`);
}
