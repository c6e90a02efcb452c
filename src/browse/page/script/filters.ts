import { countText, element, made } from '../../../web/page-words.ts';
import type { FateFacts, PageState } from '../../page-data.ts';
import { fateText } from './words.ts';

/** The controls above the grid: what they say as a query, which also stands behind the # of the page's address. */
export class Filters {
  readonly #typingMs = 250;

  readonly #form = element<HTMLFormElement>('filters');
  readonly #onChange: () => void;
  #typing = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = window.setTimeout(() => this.#changed(), this.#typingMs);
    });
    element('descending').addEventListener('click', () => {
      this.#setDescending(!this.isDescending);
      this.#changed();
    });
    element('clear').addEventListener('click', () => {
      this.#form.reset();
      this.#setDescending(true);
      this.#changed();
    });
    const more = element('more');
    more.addEventListener('click', () => {
      const isOpen = document.body.classList.toggle('with-controls');
      more.setAttribute('aria-expanded', String(isOpen));
    });
  }

  /** Offers what there is to sort and filter by. */
  offer(state: PageState): void {
    const { scores, fates, pictured, rowCount, canRefetch } = state;
    const sorts = [...scores.map(({ name }) => name), 'input', 'shuffle'];
    const names: Record<string, string> = { input: 'order of the input', shuffle: 'shuffled' };
    element('sort').replaceChildren(...sorts.map((name) => this.#option(name, names[name] ?? name)));
    this.#offerFates(fates, rowCount);
    element('ranges').replaceChildren(
      ...scores.map(({ name, least, most }) => this.#range(name, least, most)),
    );
    element('pictures-label').hidden = pictured === 0 || pictured === rowCount;
    element('pictured').textContent = countText(pictured);
    element('refetch-label').hidden = !canRefetch;
    this.#read(new URLSearchParams(location.hash.slice(1)));
  }

  get isDescending(): boolean {
    return element('descending').getAttribute('aria-pressed') === 'true';
  }

  get sort(): string {
    return element<HTMLSelectElement>('sort').value;
  }

  get refetch(): boolean {
    return element<HTMLInputElement>('refetch').checked;
  }

  /** Whether any row is left out. */
  get isFiltering(): boolean {
    return [...new URLSearchParams(this.query).keys()].some((name) => !['sort', 'ascending'].includes(name));
  }

  /** What the server is asked for. */
  get query(): string {
    const query = new URLSearchParams({ sort: this.sort });
    if (!this.isDescending) query.set('ascending', '');
    for (const input of this.#form.querySelectorAll<HTMLInputElement>('#ranges input')) {
      if (input.value.trim() !== '' && input.validity.valid) query.set(input.name, input.value);
    }
    const fate = element<HTMLSelectElement>('fate').value;
    if (fate !== 'all') query.set('fate', fate);
    if (element<HTMLInputElement>('pictures').checked) query.set('pictures', '');
    const text = element<HTMLInputElement>('text').value.trim();
    if (text !== '') query.set('text', text);
    return query.toString();
  }

  #changed(): void {
    history.replaceState(null, '', `${location.pathname}#${this.query}`);
    this.#onChange();
  }

  #read(query: URLSearchParams): void {
    const set = (id: string, value: string | null): void => {
      if (value !== null) element<HTMLInputElement>(id).value = value;
    };
    const sort = query.get('sort');
    const sorts = [...element<HTMLSelectElement>('sort').options].map(({ value }) => value);
    if (sort !== null && sorts.includes(sort)) set('sort', sort);
    this.#setDescending(!query.has('ascending'));
    const fate = query.get('fate');
    const fates = [...element<HTMLSelectElement>('fate').options].map(({ value }) => value);
    if (fate !== null && fates.includes(fate)) set('fate', fate);
    set('text', query.get('text'));
    element<HTMLInputElement>('pictures').checked = query.has('pictures');
    for (const input of this.#form.querySelectorAll<HTMLInputElement>('#ranges input')) {
      input.value = query.get(input.name) ?? '';
    }
  }

  #setDescending(isDescending: boolean): void {
    const button = element('descending');
    button.setAttribute('aria-pressed', String(isDescending));
    button.textContent = isDescending ? '\u2193' : '\u2191';
  }

  #offerFates(fates: readonly FateFacts[], rowCount: number): void {
    const select = element<HTMLSelectElement>('fate');
    const sum = (group: string): number =>
      fates.reduce((count, fate) => count + (fate.group === group ? fate.count : 0), 0);
    const [kept, dropped, failed] = [sum('kept'), sum('dropped'), sum('failed')];
    select.replaceChildren(this.#option('all', `all rows (${countText(rowCount)})`));
    if (failed > 0 && kept + dropped > 0)
      select.append(this.#option('scored', `scored (${countText(kept + dropped)})`));
    if (dropped > 0 || failed > 0) select.append(this.#option('kept', `kept (${countText(kept)})`));
    this.#offerGroup(
      select,
      'dropped',
      fates.filter(({ group }) => group === 'dropped'),
    );
    this.#offerGroup(
      select,
      'failed',
      fates.filter(({ group }) => group === 'failed'),
    );
    element('fate-label').hidden = select.options.length < 2;
  }

  #offerGroup(select: HTMLElement, name: string, fates: readonly FateFacts[]): void {
    if (fates.length === 0) return;
    const group = document.createElement('optgroup');
    group.label = name;
    const all = fates.reduce((sum, { count }) => sum + count, 0);
    group.append(this.#option(name, `${name} (${countText(all)})`));
    for (const fate of fates)
      group.append(this.#option(fate.name, `${fateText(fate.group, fate.name)} (${countText(fate.count)})`));
    select.append(group);
  }

  #option(value: string, text: string): HTMLOptionElement {
    const option = document.createElement('option');
    option.value = value;
    option.textContent = text;
    return option;
  }

  #range(name: string, least: number | null, most: number | null): HTMLElement {
    const group = made('fieldset', 'range');
    group.append(made('legend', '', name));
    const bounds = [
      ['least', 'from', least],
      ['most', 'to', most],
    ] as const;
    for (const [word, label, bound] of bounds) {
      const input = document.createElement('input');
      Object.assign(input, { type: 'number', step: 'any', name: `${word}-${name}`, autocomplete: 'off' });
      input.placeholder = bound === null ? label : String(Number(bound.toFixed(2)));
      input.setAttribute('aria-label', `${name} ${label}`);
      group.append(input);
    }
    return group;
  }
}
