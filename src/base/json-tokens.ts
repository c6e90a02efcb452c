/** What matters of a JSON text: its structure, where a text begins, and numbers. */
const TOKENS = /["{}[\]:,]|-?\d[-+.eE\d]*/g;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The texts (quotes included), numbers and signs of a JSON text that `JSON.parse` takes, in their order, for what it does not
 * tell. Texts are stepped through by hand: an expression with alternatives keeps a place to return to for each character, and
 * overflows the stack on a long one.
 */
export function* jsonTokens(json: string): Generator<string> {
  const next = new RegExp(TOKENS);
  for (let found = next.exec(json); found; found = next.exec(json)) {
    if (found[0] !== '"') {
      yield found[0];
      continue;
    }
    next.lastIndex = endOfText(json, found.index + 1);
    yield json.slice(found.index, next.lastIndex);
  }
}

function endOfText(json: string, start: number): number {
  let at = start;
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}
