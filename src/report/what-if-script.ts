import { scriptText } from '../base/script-text.ts';
import { countWhatIf, type WhatIfCells, type WhatIfThresholds } from '../scores/what-if-count.ts';

/** What the page's script reads from the page. */
export interface WhatIfPageData {
  readonly edges: readonly [readonly number[], readonly number[], readonly number[]];
  /** The distance of a cell from the one before, and its rows, in turn. */
  readonly gaps: readonly number[];
  readonly rows: number;
  /** Upper bounds of the bars of the histogram, in order. */
  readonly bars: readonly number[];
  readonly command: string;
}

const RULE_NAMES = ['min-aesthetic', 'max-punsafe', 'max-pwatermark'] as const;

type RuleName = (typeof RULE_NAMES)[number];

/**
 * The script of the what-if control. The page holds the texts of these functions, so they may use nothing but each
 * other.
 */
export function whatIfScript(): string {
  const parts = { countWhatIf, element, cellsOf, shareText, readThresholds, commandText };
  const actors = { showAnswer, dimBars, listenToRule, copyCommand, runWhatIf };
  return [scriptText({ ...parts, ...actors }), `runWhatIf(${JSON.stringify(RULE_NAMES)});`].join('\n');
}

function element<Kind extends HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

function cellsOf({ edges, gaps }: WhatIfPageData): WhatIfCells {
  const cells: number[] = [];
  const counts: number[] = [];
  for (let i = 0, cell = 0; i < gaps.length; i += 2) {
    cell += gaps[i]!;
    cells.push(cell);
    counts.push(gaps[i + 1]!);
  }
  return { edges, cells, counts };
}

function shareText(part: number, rows: number): string {
  if (rows === 0) return 'none';
  const percent = (100 * part) / rows;
  if (part === 0 || part === rows) return `${percent}%`;
  return percent < 0.01 ? '<0.01%' : percent > 99.99 ? '>99.99%' : `${percent.toFixed(2)}%`;
}

function readThresholds(): WhatIfThresholds {
  const thresholdOf = (name: RuleName): number | null => {
    const { value } = element<HTMLInputElement>(name);
    const isUsed = element<HTMLInputElement>(`${name}-used`).checked;
    return isUsed && value.trim() !== '' ? Number(value) : null;
  };
  return {
    minAesthetic: thresholdOf('min-aesthetic'),
    maxPunsafe: thresholdOf('max-punsafe'),
    maxPwatermark: thresholdOf('max-pwatermark'),
    missingTags: element<HTMLInputElement>('missing-keep').checked ? 'keep' : 'drop',
  };
}

function commandText(
  command: string,
  { minAesthetic, maxPunsafe, maxPwatermark, missingTags }: WhatIfThresholds,
): string {
  const flags: Readonly<Record<RuleName, number | null>> = {
    'min-aesthetic': minAesthetic,
    'max-punsafe': maxPunsafe,
    'max-pwatermark': maxPwatermark,
  };
  return [
    command,
    ...Object.entries(flags).flatMap(([name, value]) => (value === null ? [] : [`--${name} ${value}`])),
    ...(missingTags === 'keep' ? ['--missing-tags keep'] : []),
    '--output-folder subset',
  ].join(' \\\n  ');
}

function showAnswer(data: WhatIfPageData, cells: WhatIfCells): void {
  const thresholds = readThresholds();
  const { lower, upper, estimate } = countWhatIf(cells, thresholds);
  const format = (value: number): string => Math.round(value).toLocaleString('en-US');
  const isExact = lower === upper;
  element('what-if-count').textContent = `${isExact ? '' : 'about '}${format(estimate)}`;
  element('what-if-share').textContent = `${shareText(estimate, data.rows)} of ${format(data.rows)} images`;
  element('what-if-bounds').textContent = isExact
    ? 'Exact.'
    : `Between the steps of the grid: at least ${format(lower)}, at most ${format(upper)}.`;
  element('what-if-command').textContent = commandText(data.command, thresholds);
  dimBars(data.bars, thresholds.minAesthetic);
}

function dimBars(upperBounds: readonly number[], minAesthetic: number | null): void {
  for (const chart of document.querySelectorAll('svg.histogram')) {
    for (const [i, bar] of chart.querySelectorAll('.kept rect').entries()) {
      bar.classList.toggle('out', minAesthetic !== null && (upperBounds[i] ?? 0) <= minAesthetic);
    }
  }
}

/** The field, the slider and the tick of a rule follow each other. */
function listenToRule(name: RuleName, show: () => void): void {
  const input = element<HTMLInputElement>(name);
  const slider = element<HTMLInputElement>(`${name}-slider`);
  const used = element<HTMLInputElement>(`${name}-used`);
  input.addEventListener('input', () => {
    slider.value = input.value;
    used.checked = input.value.trim() !== '';
    show();
  });
  slider.addEventListener('input', () => {
    input.value = slider.value;
    used.checked = true;
    show();
  });
  used.addEventListener('change', () => {
    if (used.checked && input.value.trim() === '') input.value = slider.value;
    show();
  });
}

function copyCommand(): void {
  const done = (text: string): void => {
    element('what-if-copied').textContent = text;
  };
  const command = element('what-if-command');
  // A page from the disk may not have the clipboard; what is selected can be copied by hand.
  getSelection()?.selectAllChildren(command);
  if (!navigator.clipboard) {
    done('Selected: copy it with your keyboard.');
    return;
  }
  navigator.clipboard.writeText(command.textContent ?? '').then(
    () => done('Copied.'),
    () => done('Selected: copy it with your keyboard.'),
  );
}

function runWhatIf(ruleNames: readonly RuleName[]): void {
  const data = JSON.parse(element('what-if-data').textContent ?? '') as WhatIfPageData;
  const cells = cellsOf(data);
  const show = (): void => showAnswer(data, cells);
  for (const name of ruleNames) listenToRule(name, show);
  element('missing-keep').addEventListener('change', show);
  element('what-if-copy').addEventListener('click', copyCommand);
  for (const hidden of document.querySelectorAll('.needs-script')) hidden.removeAttribute('hidden');
  show();
}
