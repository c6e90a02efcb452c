import { quote } from '../base/quote.ts';

/** A function of one number. */
type OfX = (x: number) => number;

const FUNCTIONS: Readonly<Record<string, OfX>> = {
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  exp: Math.exp,
};

const MOST_CHARACTERS = 200;
const MOST_DEPTH = 40;
const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([a-z][a-z0-9]*)|([-+*/^()]))/iy;

/** What an expression may be made of, for messages. */
export const EXPRESSION_RULE = `x, numbers, + - * / ^, brackets and ${Object.keys(FUNCTIONS).join(', ')} (log is the natural logarithm)`;

/**
 * An expression of x as a function. Nothing but arithmetic can be said in it. `^` binds to the right and before a sign, as in mathematics: -x^2 is
 * -(x^2).
 *
 * @throws RangeError saying what is wrong, and where
 */
export function parseExpression(text: string): OfX {
  if (text.length > MOST_CHARACTERS) throw new RangeError(`it has more than ${MOST_CHARACTERS} characters`);
  return new Parser(text).parse();
}

interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
  /** Counted from 1. */
  readonly place: number;
}

/** Recursive descent: a sum of products of powers. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  parse(): OfX {
    const whole = this.#sum();
    if (this.#next.kind !== 'end') throw this.#unexpected();
    return whole;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #takes(...signs: readonly string[]): string | undefined {
    const { kind, text } = this.#next;
    if (kind !== 'sign' || !signs.includes(text)) return undefined;
    this.#at++;
    return text;
  }

  #sum(): OfX {
    if (++this.#depth > MOST_DEPTH) throw new RangeError('its brackets and signs are too deep');
    let left = this.#product();
    for (let sign = this.#takes('+', '-'); sign; sign = this.#takes('+', '-')) {
      const [a, b] = [left, this.#product()];
      left = sign === '+' ? (x) => a(x) + b(x) : (x) => a(x) - b(x);
    }
    this.#depth--;
    return left;
  }

  #product(): OfX {
    let left = this.#signed();
    for (let sign = this.#takes('*', '/'); sign; sign = this.#takes('*', '/')) {
      const [a, b] = [left, this.#signed()];
      left = sign === '*' ? (x) => a(x) * b(x) : (x) => a(x) / b(x);
    }
    return left;
  }

  #signed(): OfX {
    if (!this.#takes('-')) return this.#power();
    if (++this.#depth > MOST_DEPTH) throw new RangeError('its brackets and signs are too deep');
    const value = this.#signed();
    this.#depth--;
    return (x) => -value(x);
  }

  #power(): OfX {
    const base = this.#value();
    if (!this.#takes('^')) return base;
    const exponent = this.#signed();
    return (x) => base(x) ** exponent(x);
  }

  #value(): OfX {
    const token = this.#next;
    if (token.kind === 'number') {
      this.#at++;
      const value = Number(token.text);
      return () => value;
    }
    if (token.kind === 'name') return this.#named(token);
    if (!this.#takes('(')) throw this.#unexpected();
    return this.#closed();
  }

  #named({ text, place }: Token): OfX {
    this.#at++;
    if (text === 'x') return (x) => x;
    const known = Object.hasOwn(FUNCTIONS, text) ? FUNCTIONS[text] : undefined;
    if (!known) throw new RangeError(`${quote(text)} at character ${place} is none of ${EXPRESSION_RULE}`);
    if (!this.#takes('(')) throw this.#unexpected();
    const inner = this.#closed();
    return (x) => known(inner(x));
  }

  /** What stands in a bracket that was opened. */
  #closed(): OfX {
    const inner = this.#sum();
    if (!this.#takes(')')) throw this.#unexpected();
    return inner;
  }

  #unexpected(): RangeError {
    const { kind, text, place } = this.#next;
    return new RangeError(
      kind === 'end' ? 'it ends too early' : `${quote(text)} at character ${place} does not fit there`,
    );
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  let at = 0;
  while (at < end) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new RangeError(`${quote(text.slice(at).trim()[0]!)} is none of ${EXPRESSION_RULE}`);
    const [whole, number, name, sign] = match;
    const said = number ?? name ?? sign!;
    const kind = number === undefined ? (name === undefined ? 'sign' : 'name') : 'number';
    tokens.push({ kind, text: said, place: at + whole.length - said.length + 1 });
    at += whole.length;
  }
  return [...tokens, { kind: 'end', text: '', place: end + 1 }];
}
