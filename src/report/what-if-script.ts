import type { countWhatIf, WhatIfThresholds } from '../scores/what-if-count.ts';

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

/**
 * The what-if control. The page holds this function's text as its one script and calls it with `countWhatIf`, so it
 * may use nothing from outside itself.
 */
export function runWhatIf(count: typeof countWhatIf): void {
  const find = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;
  const data = JSON.parse(find('what-if-data').textContent ?? '') as WhatIfPageData;
  const cells: number[] = [];
  const counts: number[] = [];
  for (let i = 0, cell = 0; i < data.gaps.length; i += 2) {
    cell += data.gaps[i]!;
    cells.push(cell);
    counts.push(data.gaps[i + 1]!);
  }
  const names = ['min-aesthetic', 'max-punsafe', 'max-pwatermark'];
  const format = (value: number): string => Math.round(value).toLocaleString('en-US');
  const share = (part: number): string => {
    if (data.rows === 0) return 'none';
    const percent = (100 * part) / data.rows;
    if (part === 0 || part === data.rows) return `${percent}%`;
    return percent < 0.01 ? '<0.01%' : percent > 99.99 ? '>99.99%' : `${percent.toFixed(2)}%`;
  };
  const thresholdOf = (name: string): number | null => {
    const input = find<HTMLInputElement>(name);
    const isUsed = find<HTMLInputElement>(`${name}-used`).checked;
    return isUsed && input.value.trim() !== '' ? Number(input.value) : null;
  };
  const show = (): void => {
    const [minAesthetic, maxPunsafe, maxPwatermark] = names.map(thresholdOf) as (number | null)[];
    const keepsMissing = find<HTMLInputElement>('missing-keep').checked;
    const thresholds = {
      minAesthetic: minAesthetic ?? null,
      maxPunsafe: maxPunsafe ?? null,
      maxPwatermark: maxPwatermark ?? null,
      missingTags: keepsMissing ? 'keep' : 'drop',
    } as WhatIfThresholds;
    const { lower, upper, estimate } = count({ edges: data.edges, cells, counts }, thresholds);
    const isExact = lower === upper;
    find('what-if-count').textContent = `${isExact ? '' : 'about '}${format(estimate)}`;
    find('what-if-share').textContent = `${share(estimate)} of ${format(data.rows)} images`;
    find('what-if-bounds').textContent = isExact
      ? 'Exact.'
      : `Between the steps of the grid: at least ${format(lower)}, at most ${format(upper)}.`;
    find('what-if-command').textContent = [
      data.command,
      ...names.flatMap((name) => (thresholdOf(name) === null ? [] : [`--${name} ${thresholdOf(name)}`])),
      ...(keepsMissing ? ['--missing-tags keep'] : []),
      '--output-folder subset',
    ].join(' \\\n  ');
    for (const chart of document.querySelectorAll('svg.histogram')) {
      for (const [i, bar] of chart.querySelectorAll('.kept rect').entries()) {
        bar.classList.toggle('out', minAesthetic != null && (data.bars[i] ?? 0) <= minAesthetic);
      }
    }
  };
  for (const name of names) {
    const [input, slider, used] = ['', '-slider', '-used'].map((end) =>
      find<HTMLInputElement>(`${name}${end}`),
    );
    input!.addEventListener('input', () => {
      slider!.value = input!.value;
      used!.checked = input!.value.trim() !== '';
      show();
    });
    slider!.addEventListener('input', () => {
      input!.value = slider!.value;
      used!.checked = true;
      show();
    });
    used!.addEventListener('change', () => {
      if (used!.checked && input!.value.trim() === '') input!.value = slider!.value;
      show();
    });
  }
  find('missing-keep').addEventListener('change', show);
  find('what-if-copy').addEventListener('click', () => {
    const done = (text: string): void => {
      find('what-if-copied').textContent = text;
    };
    const command = find('what-if-command');
    // A page from the disk may not have the clipboard; what is selected can be copied by hand.
    getSelection()?.selectAllChildren(command);
    if (!navigator.clipboard) done('Selected: copy it with your keyboard.');
    else {
      navigator.clipboard.writeText(command.textContent ?? '').then(
        () => done('Copied.'),
        () => done('Selected: copy it with your keyboard.'),
      );
    }
  });
  for (const element of document.querySelectorAll('.needs-script')) element.removeAttribute('hidden');
  show();
}
