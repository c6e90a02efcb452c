const FIRST_AFTER_MS = 2000;
const THEN_EVERY_MS = 5000;

/** Says on stderr now and then how many rows, or what else is counted, are done, of how many where that is known. */
export function rowsProgress(what: string, total?: number, unit: string = 'rows'): (rows: number) => void {
  let nextAtMs = Date.now() + FIRST_AFTER_MS;
  return (rows) => {
    if (Date.now() < nextAtMs) return;
    nextAtMs = Date.now() + THEN_EVERY_MS;
    process.stderr.write(`${what}  ${rows}${total === undefined ? '' : `/${total}`} ${unit}\n`);
  };
}
