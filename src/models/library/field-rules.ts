import type { JsonObject } from '../../base/json-object.ts';

/** What a value of a JSON file must be: undefined where it is that, else what it should be. */
export type Rule = (value: unknown) => string | undefined;

/** The fields of an object, and which of them may be missing. */
export interface Shape {
  readonly required: Readonly<Record<string, Rule>>;
  readonly optional: Readonly<Record<string, Rule>>;
}

/** A text of one line, not empty. */
export function text(maxChars: number): Rule {
  return (value) =>
    // Control characters would reach a terminal.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    typeof value === 'string' && value.length <= maxChars && /^[^\x00-\x1f\x7f]+$/.test(value)
      ? undefined
      : `a text of one line, of at most ${maxChars} characters`;
}

export function matching(pattern: RegExp, what: string): Rule {
  return (value) => (typeof value === 'string' && pattern.test(value) ? undefined : what);
}

export function oneOf(values: readonly unknown[]): Rule {
  return (value) => (values.includes(value) ? undefined : `one of ${values.join(', ')}`);
}

export function whole(least: number, most: number): Rule {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `a whole number from ${least} to ${most}`;
}

/** Three finite numbers, each above `above`. */
export function triple(above: number): Rule {
  return (value) =>
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((part) => typeof part === 'number' && Number.isFinite(part) && part > above)
      ? undefined
      : `three numbers${above === 0 ? ' above 0' : ''}`;
}

/** A list whose items are all as the rule says, and of which none comes twice. */
export function listOf(rule: Rule, least: number, most: number): Rule {
  return (value) => {
    if (!Array.isArray(value) || value.length < least || value.length > most)
      return `a list of ${least} to ${most}`;
    if (new Set(value).size !== value.length) return 'a list in which nothing comes twice';
    const wrong = value.map(rule).find((problem) => problem !== undefined);
    return wrong && `a list of which each is ${wrong}`;
  };
}

/** What is wrong with the fields of an object, a phrase each. */
export function problemsOf(raw: JsonObject, { required, optional }: Shape): string[] {
  const missing = Object.keys(required).filter((field) => !Object.hasOwn(raw, field));
  const problems = Object.entries(raw).map(([field, value]) => {
    const rule = ruleOf(required, field) ?? ruleOf(optional, field);
    if (!rule) return `has the unknown field ${JSON.stringify(field.slice(0, 60))}`;
    const problem = rule(value);
    return problem && `has a ${field} that is not ${problem}`;
  });
  return [
    ...missing.map((field) => `has no ${field}`),
    ...problems.filter((problem) => problem !== undefined),
  ];
}

function ruleOf(rules: Readonly<Record<string, Rule>>, field: string): Rule | undefined {
  return Object.hasOwn(rules, field) ? rules[field] : undefined;
}
