import { made, plainText } from '../../../web/page-words.ts';
import type { PageRow, PageState } from '../../page-data.ts';
import { altText, fateText, scoreText } from './words.ts';

/** What all cells are drawn by. */
export interface CellLook {
  readonly state: PageState;
  /** The place of the score that is shown. */
  readonly score: number;
  /** Whether pictures that are not on this machine are fetched from their hosts. */
  readonly refetch: boolean;
}

/** A picture of the grid with its score and its caption. */
export class PictureCell {
  readonly node: HTMLElement = made('div', 'cell');
  position = -1;
  readonly #frame = made('div', 'frame');
  readonly #image = document.createElement('img');
  readonly #none = made('span', 'none');
  readonly #score = made('b', '');
  readonly #fate = made('span', 'fate');
  readonly #caption = made('bdi', 'caption');
  /** The row and where its picture comes from. */
  #shown = '';
  #wanted = '';

  constructor() {
    this.node.setAttribute('role', 'gridcell');
    this.node.tabIndex = -1;
    this.#image.decoding = 'async';
    this.#image.draggable = false;
    this.#image.addEventListener('load', () => this.node.classList.add('seen'));
    this.#image.addEventListener('error', () => this.#showNone('no picture'));
    this.#caption.dir = 'auto';
    const line = made('p', 'line');
    line.append(this.#score, this.#fate);
    this.#frame.append(this.#image, this.#none);
    this.node.append(this.#frame, line, this.#caption);
  }

  /** Shows a row, or that there is none yet. */
  show(position: number, row: PageRow | undefined, look: CellLook): void {
    this.position = position;
    this.#score.textContent = row ? scoreText(row.scores[look.score]) : '';
    const tellsFate = row !== undefined && look.state.fates.length > 1;
    this.#fate.textContent = tellsFate ? fateText(row.group, row.fate) : '';
    this.#fate.className = `fate ${row?.group ?? ''}`;
    this.#caption.textContent = row ? plainText(row.caption ?? '').slice(0, 200) : '';
    this.#image.alt = row ? altText(row, look.state.scores) : '';
    const source = row ? this.#sourceOf(row, look) : '';
    const shown = row ? `${row.row} ${source}` : '';
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#wanted = source;
    this.node.classList.remove('seen');
    this.#image.removeAttribute('src');
    const why = row?.group === 'failed' ? fateText(row.group, row.fate) : 'not on this machine';
    this.#none.textContent = row && source === '' ? why : '';
  }

  /** Has the picture come. */
  load(): void {
    if (this.#wanted !== '' && !this.#image.hasAttribute('src')) this.#image.src = this.#wanted;
  }

  /** Stops what is on its way. */
  rest(): void {
    this.#shown = '';
    this.#wanted = '';
    this.#none.textContent = '';
    this.position = -1;
    this.#image.removeAttribute('src');
    this.node.classList.remove('seen');
  }

  #sourceOf({ row, origin, isWeb }: PageRow, { refetch }: CellLook): string {
    if (origin !== null) return `/pictures/grid/${row}`;
    return refetch && isWeb ? `/pictures/grid/${row}?refetch` : '';
  }

  #showNone(why: string): void {
    this.node.classList.remove('seen');
    this.#none.textContent = why;
  }
}
