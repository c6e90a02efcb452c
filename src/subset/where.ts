import { firstSentence } from '../base/errors.ts';
import { columnOf, type SchemaColumn } from '../tables/columns.ts';
import { type DuckDBConnection, queryRows, quoteName, quoteText } from '../tables/duckdb.ts';
import { whereFailure } from './errors.ts';

/** Kinds of expression that would read other data than the row, with what they are called. */
const REFUSED: Readonly<Record<string, string>> = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
  STAR: 'a star',
  PARAMETER: 'a parameter',
};

/** A node of DuckDB's own syntax tree. */
type Node = Readonly<Record<string, unknown>>;

/**
 * Checks that `expression` is one SQL condition on the metadata's columns whose result depends on the row alone:
 * no subquery, aggregate or window, no function that reads the clock or a random number. DuckDB parses it, and binds
 * it to an empty table with the metadata's columns; nothing is read.
 *
 * @throws SubsetError BB_SUBSET_WHERE
 */
export async function checkWhere(
  connection: DuckDBConnection,
  expression: string,
  schema: readonly SchemaColumn[],
): Promise<void> {
  const nodes = [...walk(await parse(connection, expression))];
  for (const node of nodes) {
    const refused = REFUSED[String(node['class'])];
    if (refused) throw whereFailure(expression, `it holds ${refused}; a row is judged by its own columns.`);
  }
  refuseUnknownColumns(expression, nodes, schema);
  await refuseUnsteadyFunctions(connection, expression, nodes);
  await bind(connection, expression, schema);
}

async function parse(connection: DuckDBConnection, expression: string): Promise<Node> {
  // The line break ends a comment that the expression may close with.
  const statement = `SELECT (\n${expression}\n)`;
  const [row] = await queryRows<{ tree: string }>(
    connection,
    `SELECT json_serialize_sql(${quoteText(statement)}) AS tree`,
  );
  const tree = JSON.parse(row!.tree) as {
    error: boolean;
    error_message?: string;
    statements?: { node: Node }[];
  };
  if (tree.error) throw whereFailure(expression, `${tree.error_message}.`);
  const { statements = [] } = tree;
  const { select_list: list, from_table: from, ...rest } = statements[0]?.node ?? {};
  const isPlain =
    statements.length === 1 &&
    (list as Node[]).length === 1 &&
    (from as Node)['type'] === 'EMPTY' &&
    ['where_clause', 'having', 'qualify', 'sample'].every((clause) => rest[clause] === null) &&
    [rest['modifiers'], rest['group_expressions']].every((clause) => (clause as unknown[]).length === 0);
  if (!isPlain) throw whereFailure(expression, 'it is more than one expression.');
  return (list as Node[])[0]!;
}

function* walk(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if ('class' in value) yield value as Node;
  for (const child of Object.values(value)) yield* walk(child);
}

function refuseUnknownColumns(
  expression: string,
  nodes: readonly Node[],
  schema: readonly SchemaColumn[],
): void {
  for (const node of nodes) {
    if (node['class'] !== 'COLUMN_REF') continue;
    const [name] = node['column_names'] as string[];
    if (columnOf(schema, name!)) continue;
    const columns = schema.map((column) => column.name).join(', ');
    throw whereFailure(expression, `the metadata have no column "${name}". They have: ${columns}.`);
  }
}

async function refuseUnsteadyFunctions(
  connection: DuckDBConnection,
  expression: string,
  nodes: readonly Node[],
): Promise<void> {
  const names = nodes.flatMap((node) => (node['function_name'] ? [String(node['function_name'])] : []));
  if (names.length === 0) return;
  const rows = await queryRows<{ function_name: string }>(
    connection,
    `SELECT DISTINCT function_name FROM duckdb_functions()
     WHERE function_type IN ('scalar', 'macro') AND stability <> 'CONSISTENT'
       AND function_name IN (${names.map((name) => quoteText(name.toLowerCase())).join(', ')})`,
  );
  const [unsteady] = rows;
  if (!unsteady) return;
  throw whereFailure(expression, `${unsteady.function_name}() gives another result each time.`);
}

async function bind(
  connection: DuckDBConnection,
  expression: string,
  schema: readonly SchemaColumn[],
): Promise<void> {
  const empty = schema.map(({ name, type }) => `NULL::${type} AS ${quoteName(name)}`).join(', ');
  let type: string;
  try {
    const [row] = await queryRows<{ column_type: string }>(
      connection,
      `DESCRIBE SELECT (\n${expression}\n) AS condition FROM (SELECT ${empty}) WHERE (\n${expression}\n)::BOOLEAN IS NOT NULL`,
    );
    type = row!.column_type;
  } catch (thrown) {
    throw whereFailure(expression, firstSentence(thrown), thrown);
  }
  if (type !== 'BOOLEAN') throw whereFailure(expression, `it gives ${type}, not true or false.`);
}
