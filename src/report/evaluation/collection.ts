import { drawMatrix } from '../charts/matrix.ts';
import type { Drawing } from '../charts/plot.ts';
import { clipMiddle, formatCount, formatFixed } from '../format.ts';
import { type Html, html } from '../html.ts';
import { renderSection, renderTable } from '../sections/section.ts';
import type {
  EvaluationPageData,
  PageCollection,
  PageDisagreement,
  PagePart,
  PagePicture,
  PageSheet,
} from './data.ts';
import { figure, wordsOf } from './figures.ts';

/** How alike raters and heads are, and how well each head does by each rater. */
export function renderTaste(drawing: Drawing, { taste, parts, heads }: EvaluationPageData): Html {
  const maps = taste.map(
    ({ title, measure, names, values }) => html`<h3>${title}: ${measure}</h3>
${figure((size) => drawMatrix(drawing, { label: `${title}: how alike raters and heads are`, names, values }, size))}`,
  );
  const own = parts.filter(({ rater }) => rater !== null);
  const byRater = own.length === 0 ? null : renderRaters(own, heads);
  return renderSection(
    'taste',
    'Whose taste',
    'How alike two of them order the same samples, from \u22121 to 1; answers are held against heads that were trained here on held-out samples alone. A dash: too little is shared.',
    html`${maps}${byRater}`,
  );
}

function renderRaters(parts: readonly PagePart[], heads: EvaluationPageData['heads']): Html {
  return html`<h3>By rater</h3>${renderTable(
    {
      ...{ label: 'The first figure of each head by rater', className: 'plain figures-table', head: 'Rater' },
      name: ({ rater, title, measures }: PagePart) =>
        html`${rater} <small>${title}, ${wordsOf(measures[0]!)}</small>`,
      columns: heads.map(({ letter }, i) => ({
        head: letter,
        cell: (part: PagePart) => {
          const { value, low, high } = part.heads[i]!.figures[0]!;
          const reach =
            low === null || high === null
              ? null
              : html`<small>${formatFixed(low, 3)} to ${formatFixed(high, 3)}</small>`;
          return value === null ? null : html`${formatFixed(value, 3)}${reach}`;
        },
      })),
    },
    parts,
  )}`;
}

type TopShareRow = PageCollection['topShares'][number];

/** Which thresholds of heads stand for each other. */
export function renderThresholds({ rows, drawn, letters, topShares }: PageCollection): Html {
  return renderSection(
    'thresholds',
    'Thresholds',
    `The score above which the same share of the collection lies, by ${formatCount(drawn)} samples of its ${formatCount(rows)} rows: what a threshold of one head is on another. Where many scores are equal no threshold has that share: the nearest stands there, and in brackets how much lies above it.`,
    renderTable(
      {
        ...{ label: 'Thresholds by share', className: 'plain', head: 'Lies above' },
        name: ({ share }: TopShareRow) => `${Number((100 * share).toPrecision(3))} %`,
        columns: letters.map((head, i) => ({
          head,
          cell: ({ thresholds }: TopShareRow) => thresholds[i]!,
        })),
      },
      topShares,
    ),
  );
}

/** What low, middling and high scores look like. */
export function renderSheets(sheets: readonly PageSheet[]): Html {
  return renderSection(
    'percentiles',
    'Percentiles',
    'Samples at places in the order of each head, lowest scores first. Where a picture lies on this machine it is shown, and those that have one are taken before their neighbours.',
    sheets.map(
      ({ letter, rows }) =>
        html`<h3>${letter}</h3>${rows.map(
          ({
            percentile,
            pictures,
          }) => html`<h4 class="note">${Number((100 * percentile).toPrecision(3))} %</h4>
<ul class="sheet">${pictures.map(renderPicture)}</ul>
`,
        )}`,
    ),
  );
}

/** Where heads disagree. */
export function renderDisagreements(disagreements: readonly PageDisagreement[]): Html {
  return renderSection(
    'disagreements',
    'Disagreements',
    'Samples that one head puts far higher in the order of the collection than the other. Below each: its place by both, from 0 (lowest) to 1.',
    disagreements.map(
      ({
        first,
        second,
        spearman,
        firstHigher,
        secondHigher,
      }) => html`<h3>${first} and ${second} <small>Spearman ${formatFixed(spearman, 3)}</small></h3>
<p class="note">${first} higher</p>
<ul class="sheet large">${firstHigher.map(renderPicture)}</ul>
<p class="note">${second} higher</p>
<ul class="sheet large">${secondHigher.map(renderPicture)}</ul>
`,
    ),
  );
}

const MOST_NAME_CHARACTERS = 24;

function renderPicture({ name, webp, text }: PagePicture): Html {
  const isPicture = webp !== null && /^[A-Za-z0-9+/]+={0,2}$/.test(webp);
  const picture = isPicture
    ? html`<img src="data:image/webp;base64,${webp}" alt="${name}" width="160" height="160">`
    : html`<span class="key-only">${clipMiddle(name, MOST_NAME_CHARACTERS)}</span>`;
  return html`<li>${picture}${text}</li>`;
}
