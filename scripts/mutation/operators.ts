import type { AnyNode, Expression } from 'acorn';

/** A piece of text that takes the place of another: `text.slice(start, end)` becomes `replacement`. */
export interface Change {
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

const OTHER_COMPARISON: Readonly<Record<string, string>> = {
  ...{ '<': '<=', '<=': '<', '>': '>=', '>=': '>' },
  ...{ '===': '!==', '!==': '===' },
};
const OTHER_SIGN: Readonly<Record<string, string>> = { '+': '-', '-': '+', '+=': '-=', '-=': '+=' };

/** Calls that change speed, or when a process ends, but no answer. */
const UNSEEN_CALLS: ReadonlySet<string> = new Set(['cork', 'uncork', 'unref']);

/** All changes that the operators know for one node of a syntax tree. */
export function changesOf(node: AnyNode, parent: AnyNode | undefined, text: string): Change[] {
  switch (node.type) {
    case 'IfStatement':
      return [negated(node.test, text), ...withoutGuard(node)];
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ConditionalExpression':
      return node.test.type === 'Literal' ? [] : [negated(node.test, text)];
    case 'ForStatement':
      return node.test ? [negated(node.test, text)] : [];
    case 'LogicalExpression':
      return ofLogic(node, text);
    case 'BinaryExpression':
      return ofBinary(node, text);
    case 'AssignmentExpression':
      return ofOperator('swap + and -', OTHER_SIGN, node, text);
    case 'Literal':
      return ofLiteral(node, parent);
    case 'ExpressionStatement':
      return withoutCall(node);
    case 'ThrowStatement':
      return [{ operator: 'remove a throw', start: node.start, end: node.end, replacement: ';' }];
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return returnedEarly(node, parent);
    default:
      return [];
  }
}

function negated(test: Expression, text: string): Change {
  const { start, end } = test;
  return { operator: 'negate a condition', start, end, replacement: `!(${text.slice(start, end)})` };
}

const LEAVES: ReadonlySet<string> = new Set([
  'ReturnStatement',
  'ThrowStatement',
  'ContinueStatement',
  'BreakStatement',
]);

function withoutGuard(node: AnyNode & { type: 'IfStatement' }): Change[] {
  const { consequent, alternate, start, end } = node;
  const last = consequent.type === 'BlockStatement' ? consequent.body.at(-1) : consequent;
  if (alternate || !last || !LEAVES.has(last.type)) return [];
  return [{ operator: 'remove a guard', start, end, replacement: ';' }];
}

type Infix = Extract<AnyNode, { left: unknown; right: unknown; operator: string }>;

/** Where the operator between two operands stands, and what else it could be. */
function ofOperator(
  operator: string,
  others: Readonly<Record<string, string>>,
  node: Infix,
  text: string,
): Change[] {
  const replacement = others[node.operator];
  if (replacement === undefined) return [];
  // Between the operands stand only parentheses, spaces and the operator.
  const start = text.indexOf(node.operator, node.left.end);
  return [{ operator, start, end: start + node.operator.length, replacement }];
}

const isText = (node: AnyNode): boolean =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'BinaryExpression' && node.operator === '+' && (isText(node.left) || isText(node.right)));

function ofBinary(node: AnyNode & { type: 'BinaryExpression' }, text: string): Change[] {
  const comparison = ofOperator('change a comparison', OTHER_COMPARISON, node, text);
  // Texts are joined by + too, and have no difference.
  return isText(node) ? comparison : [...comparison, ...ofOperator('swap + and -', OTHER_SIGN, node, text)];
}

function ofLogic(node: AnyNode & { type: 'LogicalExpression' }, text: string): Change[] {
  const { start, end } = node;
  const left = text.slice(node.left.start, node.left.end);
  const right = text.slice(node.right.start, node.right.end);
  const changes: Change[] = [];
  if (node.operator !== '&&')
    changes.push({ operator: `drop what follows ${node.operator}`, start, end, replacement: `(${left})` });
  if (node.operator !== '??') {
    const other = node.operator === '&&' ? '||' : '&&';
    const replacement = `((${left}) ${other} (${right}))`;
    changes.push({ operator: 'swap && and ||', start, end, replacement });
  }
  return changes;
}

const OTHER_LITERAL: Readonly<Record<string, string>> = {
  ...{ '0': '1', '1': '0', '0n': '1n', '1n': '0n' },
  ...{ true: 'false', false: 'true', "''": "'mutated'" },
};

function ofLiteral(node: AnyNode & { type: 'Literal' }, parent: AnyNode | undefined): Change[] {
  const replacement = OTHER_LITERAL[node.raw ?? ''];
  if (replacement === undefined || (parent?.type === 'Property' && parent.key === node)) return [];
  return [{ operator: 'replace a constant', start: node.start, end: node.end, replacement }];
}

function withoutCall(node: AnyNode & { type: 'ExpressionStatement' }): Change[] {
  const { start, end, expression } = node;
  const call = expression.type === 'AwaitExpression' ? expression.argument : expression;
  // Without super() no object of the class can be made at all.
  if (call.type !== 'CallExpression' || call.callee.type === 'Super') return [];
  const { callee } = call;
  const name =
    callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : '';
  if (UNSEEN_CALLS.has(name)) return [];
  return [{ operator: 'remove a call', start, end, replacement: ';' }];
}

type AnyFunction = Extract<
  AnyNode,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>;

function returnedEarly(node: AnyFunction, parent: AnyNode | undefined): Change[] {
  const isConstructor = parent?.type === 'MethodDefinition' && parent.kind === 'constructor';
  // A body of one statement without its statement is another operator's work, or has nothing to leave out.
  if (isConstructor || node.body.type !== 'BlockStatement' || node.body.body.length < 2) return [];
  const start = node.body.start + 1;
  return [{ operator: 'return early', start, end: start, replacement: ' return;' }];
}
