import { CHART_STYLE } from './styles/charts.ts';
import { PAGE_STYLE } from './styles/page.ts';
import { SAMPLE_STYLE } from './styles/samples.ts';
import { TABLE_STYLE } from './styles/tables.ts';

/** The page's one style sheet. The page's policy names its hash, so the page must hold it byte for byte. */
export const STYLE: string = [PAGE_STYLE, CHART_STYLE, TABLE_STYLE, SAMPLE_STYLE].join('');
