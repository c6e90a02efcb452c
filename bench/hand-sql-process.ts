// A process that runs SQL typed by hand in DuckDB; its argument is JSON with limits and statements. Prints the last rows.
import { type HandLimits, runHandSql } from './support/hand-sql.ts';

const { limits, statements } = JSON.parse(process.argv[2]!) as {
  readonly limits: HandLimits;
  readonly statements: readonly string[];
};
const rows = await runHandSql(limits, statements);
console.log(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
