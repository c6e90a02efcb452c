/** Looking closely: while a key, a button of the mouse or two fingers are down, a picture is larger, around the point that is pointed at. */
export class Closeness {
  readonly #scale = 2.5;
  readonly #holdMs = 220;
  readonly #mostScale = 8;
  readonly #frames: readonly HTMLElement[];
  /** Shares of a frame's width and height. */
  #point = { x: 0.5, y: 0.5 };
  #timer = 0;
  #held: readonly HTMLElement[] = [];
  readonly #fingers = new Map<number, { x: number; y: number }>();
  #spread = 0;
  /** A press that has become a look is no answer. */
  #wasLook = false;

  constructor(frames: readonly HTMLElement[]) {
    this.#frames = frames;
    for (const frame of frames) {
      frame.addEventListener('pointerdown', (event) => this.#down(event, frame));
      frame.addEventListener('pointermove', (event) => this.#move(event, frame));
      for (const end of ['pointerup', 'pointercancel', 'pointerleave'] as const)
        frame.addEventListener(end, (event) => this.#up(event));
      frame.addEventListener('contextmenu', (event) => event.preventDefault());
    }
  }

  /** Whether the click that comes now ends a look; asked once for each click. */
  endsLook(): boolean {
    const was = this.#wasLook;
    this.#wasLook = false;
    return was;
  }

  /** All pictures at once, at the same place, until `rest`. */
  lookAtAll(): void {
    this.#look(this.#frames, this.#scale);
  }

  rest(): void {
    clearTimeout(this.#timer);
    for (const frame of this.#held) frame.classList.remove('close');
    for (const frame of this.#held) frame.style.removeProperty('--scale');
    this.#held = [];
  }

  #look(frames: readonly HTMLElement[], scale: number): void {
    this.#held = frames;
    for (const frame of frames) {
      frame.classList.add('close');
      frame.style.setProperty('--scale', String(scale));
      frame.style.setProperty('--x', `${100 * this.#point.x}%`);
      frame.style.setProperty('--y', `${100 * this.#point.y}%`);
    }
  }

  #down(event: PointerEvent, frame: HTMLElement): void {
    this.#pointAt(event, frame);
    if (event.pointerType === 'touch')
      this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    clearTimeout(this.#timer);
    if (this.#fingers.size === 2) {
      this.#spread = this.#spreadOf();
      this.#wasLook = true;
      return;
    }
    this.#wasLook = false;
    if (event.button !== 0) return;
    this.#timer = window.setTimeout(() => {
      this.#wasLook = true;
      this.#look([frame], this.#scale);
    }, this.#holdMs);
  }

  #move(event: PointerEvent, frame: HTMLElement): void {
    if (this.#fingers.has(event.pointerId))
      this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.#fingers.size === 2) {
      const scale = this.#spreadOf() / Math.max(1, this.#spread);
      this.#look([frame], Math.min(this.#mostScale, Math.max(1, scale)));
      return;
    }
    this.#pointAt(event, frame);
    if (this.#held.length > 0) this.#look(this.#held, this.#scale);
  }

  #up(event: PointerEvent): void {
    // A pointer that only passes over a picture ends nothing.
    if (event.type === 'pointerleave' && event.pointerType === 'mouse' && event.buttons === 0) return;
    this.#fingers.delete(event.pointerId);
    this.rest();
  }

  #spreadOf(): number {
    const [a, b] = [...this.#fingers.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  }

  #pointAt({ clientX, clientY }: PointerEvent, frame: HTMLElement): void {
    const { left, top, width, height } = frame.getBoundingClientRect();
    const share = (part: number): number => Math.min(1, Math.max(0, part));
    this.#point = { x: share((clientX - left) / width), y: share((clientY - top) / height) };
  }
}
