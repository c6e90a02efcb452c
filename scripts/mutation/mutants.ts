import { type AnyNode, parse } from 'acorn';
import { fullAncestor } from 'acorn-walk';
import { type Change, changesOf } from './operators.ts';

/**
 * Every change of a JavaScript module, in order of place. Left out are those that no test should see: what is inside a
 * thrown error or an `...Error`, log lines, and a plural's ending; and those inside a call of `kill`, which could reach a
 * process that is not the test's.
 *
 * @throws {SyntaxError} the text is no module
 */
export function mutantsOf(text: string): Change[] {
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true });
  const found = new Map<string, Change>();
  fullAncestor(tree, (_node, _state, ancestors) => {
    const path = ancestors as unknown as AnyNode[];
    const node = path.at(-1)!;
    if (isSpared(path)) return;
    for (const change of changesOf(node, path.at(-2), text))
      found.set(`${change.start} ${change.end} ${change.replacement}`, change);
  });
  return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The text of a mutant. */
export function applied(change: Change, text: string): string {
  return text.slice(0, change.start) + change.replacement + text.slice(change.end);
}

function isSpared(path: readonly AnyNode[]): boolean {
  return isPlural(path) || path.some((node, i) => isSilent(node) || (i < path.length - 1 && isShell(node)));
}

/** What stands for a log line. */
function isSilent(node: AnyNode): boolean {
  const call = node.type === 'ExpressionStatement' ? node.expression : node;
  return call.type === 'CallExpression' && nameOf(call.callee).startsWith('console.');
}

/** What may be changed as a whole, but not inside. */
function isShell(node: AnyNode): boolean {
  if (node.type === 'NewExpression') return nameOf(node.callee).endsWith('Error');
  if (node.type === 'CallExpression') return nameOf(node.callee).endsWith('.kill');
  return node.type === 'ThrowStatement';
}

/** `a.b` of an expression of names; what is no name is empty. */
function nameOf(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'MemberExpression' ? `${nameOf(node.object)}.${nameOf(node.property)}` : '';
}

/** A node inside a choice between two texts in a template: `${count} row${count === 1 ? '' : 's'}`. */
function isPlural(path: readonly AnyNode[]): boolean {
  return path.some(
    (node, i) =>
      node.type === 'ConditionalExpression' &&
      path[i - 1]?.type === 'TemplateLiteral' &&
      [node.consequent, node.alternate].every(
        (side) => side.type === 'Literal' && typeof side.value === 'string',
      ),
  );
}
