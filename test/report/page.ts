import { JSDOM } from 'jsdom';
import { renderReport } from '../../src/report/render.ts';
import type { ReportData } from '../../src/report/report-data.ts';

/** The page as a browser without scripts reads it. */
export async function openPage(data: ReportData): Promise<Document> {
  return new JSDOM(await renderReport(data)).window.document;
}

/** The cells of a table's body, row by row, without the column of bars. */
export function cellsOf(page: Document, table: string): string[][] {
  return [...page.querySelectorAll(`table.${table} tbody tr`)].map((row) =>
    [...row.querySelectorAll('th, td:not(.wide-bar)')].map((cell) => cell.textContent.trim()),
  );
}
