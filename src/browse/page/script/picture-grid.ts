import { made } from '../../../web/page-words.ts';
import { LongScroll } from './long-scroll.ts';
import { type CellLook, PictureCell } from './picture-cell.ts';
import type { RowWindows } from './row-windows.ts';

interface GridRow {
  readonly node: HTMLElement;
  readonly cells: PictureCell[];
}

/** The grid of pictures: only what can be seen is in the page, and a little more. */
export class PictureGrid {
  readonly #sizes = [110, 165, 250];
  readonly #gapPx = 12;
  readonly #textPx = 46;
  readonly #paddingPx = 16;
  readonly #spareRows = 1;
  readonly #settleMs = 90;

  columns = 1;
  active = 0;
  look: CellLook | undefined;
  readonly #scroller: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #scroll: LongScroll;
  readonly #windows: RowWindows;
  readonly #rows = new Map<number, GridRow>();
  readonly #spare: GridRow[] = [];
  #size = 1;
  #side = 100;
  #settle = 0;
  #frame = 0;

  constructor(scroller: HTMLElement, windows: RowWindows, onOpen: (position: number) => void) {
    this.#scroller = scroller;
    this.#spacer = scroller.firstElementChild as HTMLElement;
    this.#windows = windows;
    this.#scroll = new LongScroll(scroller, this.#spacer, (pixels) => this.#moved(pixels));
    this.#spacer.addEventListener('click', (event) => {
      const cell = this.#cellAt(event.target as Node);
      if (cell) onOpen(cell.position);
    });
    new ResizeObserver(() => this.layOut()).observe(scroller);
  }

  /** Begins at the first row of another view. */
  restart(): void {
    this.active = 0;
    this.#scroll.moveTo(0);
    this.layOut();
  }

  /** Makes pictures larger or smaller. */
  resize(step: number): void {
    this.#size = Math.max(0, Math.min(this.#size + step, this.#sizes.length - 1));
    this.layOut();
    this.reveal();
  }

  /** Measures anew; the first picture in the window stays. */
  layOut(): void {
    const width = this.#scroller.clientWidth - 2 * this.#paddingPx;
    if (width <= 0) return;
    const hasKeyboard = this.#scroller.contains(document.activeElement);
    const first = Math.floor(this.#scroll.top / this.#rowPx) * this.columns;
    const least = this.#sizes[this.#size]!;
    this.columns = Math.max(1, Math.floor((width + this.#gapPx) / (least + this.#gapPx)));
    this.#side = Math.floor((width - (this.columns - 1) * this.#gapPx) / this.columns);
    this.#scroller.style.setProperty('--side', `${this.#side}px`);
    this.#scroller.style.setProperty('--columns', String(this.columns));
    this.#scroller.setAttribute('aria-rowcount', String(this.#rowCount));
    this.#scroller.setAttribute('aria-colcount', String(this.columns));
    for (const number of [...this.#rows.keys()]) this.#drop(number);
    this.#spare.length = 0;
    this.#scroll.top = Math.floor(first / this.columns) * this.#rowPx;
    this.#scroll.setHeight(this.#rowCount * this.#rowPx + this.#paddingPx);
    if (hasKeyboard) this.reveal();
  }

  /** Draws what is in the window, with what is known by now. */
  draw(): void {
    const { look } = this;
    if (!look) return;
    const first = Math.max(0, Math.floor(this.#scroll.top / this.#rowPx) - this.#spareRows);
    const last = Math.min(
      this.#rowCount - 1,
      Math.floor((this.#scroll.top + this.#scroller.clientHeight) / this.#rowPx) + this.#spareRows,
    );
    this.#windows.want(first * this.columns, (last + 1) * this.columns - 1);
    for (const number of [...this.#rows.keys()]) if (number < first || number > last) this.#drop(number);
    for (let number = first; number <= last; number++) this.#drawRow(number, look);
  }

  /** Brings the active picture into the window, and to the keyboard. */
  reveal(): void {
    const top = Math.floor(this.active / this.columns) * this.#rowPx;
    const { clientHeight } = this.#scroller;
    if (top < this.#scroll.top) this.#scroll.moveTo(top);
    else if (top + this.#rowPx > this.#scroll.top + clientHeight)
      this.#scroll.moveTo(top + this.#rowPx - clientHeight);
    this.draw();
    this.loadPictures();
    this.focusActive();
  }

  /** Gives the keyboard to the active picture. */
  focusActive(): void {
    const row = this.#rows.get(Math.floor(this.active / this.columns));
    row?.cells[this.active % this.columns]?.node.focus({ preventScroll: true });
  }

  /** Pictures from one edge of the window to the other. */
  get pageSize(): number {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowPx)) * this.columns;
  }

  /** Has the pictures in the window come. */
  loadPictures(): void {
    for (const { cells } of this.#rows.values()) for (const cell of cells) cell.load();
  }

  get #rowPx(): number {
    return this.#side + this.#textPx + this.#gapPx;
  }

  get #rowCount(): number {
    return Math.ceil(this.#windows.total / this.columns);
  }

  #moved(pixels: number): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#drawMoved(pixels));
  }

  /** What only flies by is not asked for. */
  #drawMoved(pixels: number): void {
    this.draw();
    clearTimeout(this.#settle);
    if (Math.abs(pixels) < this.#rowPx) this.loadPictures();
    else this.#settle = window.setTimeout(() => this.loadPictures(), this.#settleMs);
  }

  #drawRow(number: number, look: CellLook): void {
    const row = this.#rows.get(number) ?? this.#take(number);
    row.node.style.transform = `translateY(${this.#scroll.place(number * this.#rowPx + this.#paddingPx)}px)`;
    for (const [column, cell] of row.cells.entries()) {
      const position = number * this.columns + column;
      const isThere = position < this.#windows.total;
      cell.node.classList.toggle('absent', !isThere);
      cell.node.tabIndex = position === this.active ? 0 : -1;
      cell.node.classList.toggle('active', position === this.active);
      cell.show(position, isThere ? this.#windows.at(position) : undefined, look);
    }
  }

  #take(number: number): GridRow {
    const row = this.#spare.pop() ?? this.#makeRow();
    row.node.setAttribute('aria-rowindex', String(number + 1));
    this.#spacer.append(row.node);
    this.#rows.set(number, row);
    return row;
  }

  #makeRow(): GridRow {
    const node = made('div', 'row');
    node.setAttribute('role', 'row');
    const cells = Array.from({ length: this.columns }, () => new PictureCell());
    node.append(...cells.map((cell) => cell.node));
    return { node, cells };
  }

  #drop(number: number): void {
    const row = this.#rows.get(number)!;
    // The keyboard would be nowhere.
    if (row.node.contains(document.activeElement)) this.#scroller.focus({ preventScroll: true });
    for (const cell of row.cells) cell.rest();
    row.node.remove();
    this.#rows.delete(number);
    this.#spare.push(row);
  }

  #cellAt(node: Node): PictureCell | undefined {
    for (const { cells } of this.#rows.values()) {
      const cell = cells.find((each) => each.node.contains(node));
      if (cell) return cell;
    }
    return undefined;
  }
}
