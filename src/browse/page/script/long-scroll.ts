/**
 * A scroller whose content may be higher than browsers let an element be (some 17 million pixels): above a limit, the place of
 * the scroll bar stands for a share of the content, while wheel, touch and keys move it pixel by pixel.
 */
export class LongScroll {
  readonly #mostPx = 8_000_000;
  readonly #idleMs = 150;

  /** What lies above the window, in pixels of the content. */
  top = 0;
  #height = 0;
  #last = 0;
  #idle = 0;
  readonly #scroller: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #onMove: (pixels: number) => void;

  constructor(scroller: HTMLElement, spacer: HTMLElement, onMove: (pixels: number) => void) {
    this.#scroller = scroller;
    this.#spacer = spacer;
    this.#onMove = onMove;
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
  }

  /** Where a place of the content is in the spacer. */
  place(pixels: number): number {
    return pixels + this.#last - this.top;
  }

  setHeight(height: number): void {
    this.#height = height;
    this.#spacer.style.height = `${Math.min(height, this.#mostPx)}px`;
    this.moveTo(this.top);
  }

  /** Brings a place of the content to the top of the window. */
  moveTo(top: number): void {
    const before = this.top;
    this.top = Math.max(0, Math.min(top, this.#mostTop));
    const share = this.#mostTop === 0 ? 0 : this.top / this.#mostTop;
    this.#scroller.scrollTop = this.#isLong ? share * this.#mostScroll : this.top;
    this.#last = this.#scroller.scrollTop;
    this.#onMove(this.top - before);
  }

  get #isLong(): boolean {
    return this.#height > this.#mostPx;
  }

  get #mostTop(): number {
    return Math.max(0, this.#height - this.#scroller.clientHeight);
  }

  get #mostScroll(): number {
    return Math.max(0, Math.min(this.#height, this.#mostPx) - this.#scroller.clientHeight);
  }

  #scrolled(): void {
    const now = this.#scroller.scrollTop;
    const delta = now - this.#last;
    if (delta === 0) return;
    this.#last = now;
    const before = this.top;
    this.top = Math.max(0, Math.min(this.#topAt(now, delta), this.#mostTop));
    this.#onMove(this.top - before);
    if (!this.#isLong) return;
    clearTimeout(this.#idle);
    // The scroll bar goes to where it should be, and nothing in the window moves.
    this.#idle = window.setTimeout(() => this.moveTo(this.top), this.#idleMs);
  }

  #topAt(now: number, delta: number): number {
    if (!this.#isLong) return now;
    if (now <= 0) return 0;
    if (now >= this.#mostScroll - 1) return this.#mostTop;
    const isStep = Math.abs(delta) < 2 * this.#scroller.clientHeight;
    return isStep ? this.top + delta : (now / this.#mostScroll) * this.#mostTop;
  }
}
