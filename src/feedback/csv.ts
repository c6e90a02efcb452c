/** What spreadsheets take for a formula, or for the sign before one. */
const FORMULA = /^'*[=+\-@\t\r]/;
const PLAIN_NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;

/**
 * A cell of a CSV file. Text that a spreadsheet would take for a formula has `'` before it; plain numbers stay. `unescapeCell` takes
 * it away again.
 */
export function csvCell(value: string | number | boolean | undefined): string {
  if (value === undefined) return '';
  const text = String(value);
  const safe =
    typeof value === 'string' && FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The text that a cell was made of. */
export function unescapeCell(text: string | null): string | null {
  return text !== null && /^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}
