import { countText, element, made, plainText } from '../../../web/page-words.ts';
import type { PageDetail, PageRow, PageState } from '../../page-data.ts';
import { altText, fateText, scoreText } from './words.ts';

/** One picture with all that is known of it, beside the grid or, where there is no room, over it. */
export class PicturePanel {
  readonly node: HTMLElement = element('panel');
  /** The number of the row that is shown. */
  row: number | undefined;
  readonly #onRow: (row: number) => void;
  #request = new AbortController();

  constructor(onRow: (row: number) => void) {
    this.#onRow = onRow;
  }

  get isOpen(): boolean {
    return !this.node.hidden;
  }

  /** Shows a row; what was on its way for another one is given up. */
  async show(row: number, query: string, state: PageState): Promise<void> {
    this.#request.abort();
    const request = new AbortController();
    this.#request = request;
    this.row = row;
    this.node.hidden = false;
    document.body.classList.add('with-panel');
    try {
      const answer = await fetch(`/rows/${row}?${query}`, { signal: request.signal });
      const detail = (await answer.json()) as PageDetail;
      if (request.signal.aborted || !answer.ok) return;
      this.#draw(detail, state);
    } catch (thrown) {
      if (!request.signal.aborted) throw thrown;
    }
  }

  close(): void {
    this.#request.abort();
    this.row = undefined;
    this.node.hidden = true;
    document.body.classList.remove('with-panel');
  }

  /** Fetches the picture from its host, where that is offered. */
  refetch(): void {
    document.getElementById('refetch-one')?.click();
  }

  #draw(detail: PageDetail, state: PageState): void {
    const { position, caption, url, key } = detail;
    element('place').textContent =
      position === null ? 'outside the filter' : `${countText(position + 1)} of ${countText(detail.total)}`;
    const body = element('panel-body');
    body.replaceChildren(this.#picture(detail, state));
    body.append(this.#scores(detail, state));
    const text = made('p', caption === null ? 'full-caption empty' : 'full-caption');
    text.dir = 'auto';
    text.textContent = caption === null ? 'No caption.' : plainText(caption);
    body.append(text);
    if (url !== null) body.append(made('p', 'address', plainText(url)));
    if (detail.neighbours.length > 1) body.append(this.#neighbours(detail, state));
    body.append(this.#fields(detail));
    element('panel-title').textContent = key ?? `row ${countText(detail.row + 1)}`;
    body.scrollTop = 0;
  }

  #picture(detail: PageDetail, state: PageState): HTMLElement {
    const figure = made('figure', 'large');
    const note = made('figcaption', 'origin');
    const show = (source: string, origin: string): void => {
      const image = document.createElement('img');
      image.alt = altText(detail, state.scores);
      image.addEventListener('error', () => void this.#tellWhy(source, figure, image));
      image.src = source;
      figure.replaceChildren(image, note);
      note.textContent = origin;
    };
    const source = `/pictures/large/${detail.row}`;
    const origins = {
      saved: 'Made anew from the image that the run saved.',
      input: 'Made anew from the image that was scored.',
      thumbnail: 'The small picture that the run kept for its report.',
    };
    if (detail.origin !== null) show(source, origins[detail.origin]);
    else figure.append(made('p', 'none', 'No picture of this row is on this machine.'), note);
    if (state.canRefetch && detail.isWeb && !['saved', 'input'].includes(detail.origin ?? '')) {
      const button = made('button', '', 'Fetch it from its host');
      button.id = 'refetch-one';
      button.addEventListener('click', () => {
        show(`${source}?refetch`, 'Fetched from its host just now: it need not be what was scored.');
      });
      figure.append(button);
    }
    return figure;
  }

  /** A picture that does not come says nothing of why; its answer does. */
  async #tellWhy(source: string, figure: HTMLElement, image: HTMLElement): Promise<void> {
    if (image.parentElement !== figure) return;
    const answer = await fetch(source);
    if (answer.ok) return;
    const { error } = (await answer.json()) as { error: { message: string } };
    image.replaceWith(made('p', 'none', error.message));
  }

  #scores(detail: PageDetail, state: PageState): HTMLElement {
    const list = made('dl', 'facts');
    const add = (name: string, value: string, className = ''): void => {
      const fact = made('div', className);
      fact.append(made('dt', '', name), made('dd', '', value));
      list.append(fact);
    };
    for (const [place, { name }] of state.scores.entries()) {
      add(name, scoreText(detail.scores[place]), place === 0 ? 'first' : '');
    }
    if (state.fates.length > 1)
      add(detail.group === 'failed' ? detail.status : 'verdict', fateText(detail.group, detail.fate));
    if (detail.width !== null && detail.height !== null)
      add('size', `${detail.width} \u00d7 ${detail.height} px`);
    return list;
  }

  #neighbours(detail: PageDetail, state: PageState): HTMLElement {
    const section = made('section', 'neighbours');
    section.append(made('h3', '', `Next to it by ${state.scores[0]!.name}`));
    const list = made('ul', '');
    for (const neighbour of detail.neighbours) {
      const item = made('li', '');
      item.append(this.#neighbour(neighbour, neighbour.row === detail.row, state));
      list.append(item);
    }
    section.append(list);
    return section;
  }

  #neighbour(row: PageRow, isShown: boolean, state: PageState): HTMLElement {
    const button = made('button', 'neighbour');
    if (isShown) button.setAttribute('aria-current', 'true');
    const frame = made('span', 'frame');
    if (row.origin !== null) {
      const image = document.createElement('img');
      image.alt = '';
      image.src = `/pictures/grid/${row.row}`;
      frame.append(image);
    }
    button.append(frame, made('span', 'score', scoreText(row.scores[0])));
    button.setAttribute('aria-label', altText(row, state.scores));
    button.addEventListener('click', () => this.#onRow(row.row));
    return button;
  }

  #fields({ fields }: PageDetail): HTMLElement {
    const section = made('section', '');
    section.append(made('h3', '', 'All columns'));
    const list = made('dl', 'fields');
    for (const [name, value] of fields) {
      const field = made('div', value === null ? 'empty' : '');
      const text = made('dd', '', value === null ? '\u2013' : plainText(value));
      text.dir = 'auto';
      field.append(made('dt', '', plainText(name)), text);
      list.append(field);
    }
    section.append(list);
    return section;
  }
}
