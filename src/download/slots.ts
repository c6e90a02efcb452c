import type { Clock } from '../base/clock.ts';
import type { BodyBudget } from './body-budget.ts';
import type { Slot } from './host-visit.ts';
import type { Slots } from './schedule.ts';
import { eventLoopShare, WidthControl } from './width.ts';

/** Fewer images than this may always wait to be worked on, however few requests are allowed at once. */
const LEAST_IMAGES = 256;

/** Whoever works on the images is hungry when fewer wait. */
const HUNGRY_IMAGES = 32;

/** A request that has waited so long for its answer costs nothing but its socket. */
const PATIENCE_MS = 1_000;

/** What bounds the requests. */
export interface SlotOptions {
  /** Requests in flight. */
  readonly most: number;
  /** Finds out how many of those that keep us busy make sense; without it, `most` is all there is. */
  readonly width?: WidthControl;
  readonly budget: Pick<BodyBudget, 'hasRoom'>;
  readonly clock: Clock;
  /** Told when a request has become one that costs nothing. */
  readonly onRoom: () => void;
}

/**
 * Bounds the requests in flight, by their number and by the memory that their images will need, and the images that have
 * come and are not yet worked on: who works on them is behind when there are as many of them as of requests.
 *
 * Where the width is found out, a request that has waited a second for its answer does not count against it until that
 * comes: hosts that hang hold sockets, of which there are thousands, and nothing else.
 */
export class RequestSlots implements Slots {
  readonly #options: SlotOptions;
  #requests = 0;
  #patient = 0;
  #images = 0;
  /** Requests that may become patient, in the order in which they began. */
  readonly #young = new Set<RequestSlot>();
  #cancelAlarm: (() => void) | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#requests;
  }

  /** Whether as many requests are in flight as may be. */
  get isFull(): boolean {
    return this.#requests >= this.#options.most || this.#requests - this.#patient >= this.width;
  }

  /** Requests that may be in flight now, those that have waited long apart. */
  get width(): number {
    return this.#options.width?.width ?? this.#options.most;
  }

  get isHungry(): boolean {
    return this.#images < HUNGRY_IMAGES;
  }

  hasRoom(): boolean {
    const { most, width, budget } = this.#options;
    if (this.#requests >= most || this.#images >= Math.max(LEAST_IMAGES, this.width)) return false;
    const busy = this.#requests - this.#patient;
    if (width && busy >= width.width) {
      width.full();
      if (busy >= width.width) return false;
    }
    return busy === 0 || budget.hasRoom(busy);
  }

  take(): Slot {
    this.#requests++;
    const slot = new RequestSlot(this.#options.clock.nowMs() + PATIENCE_MS, this);
    if (this.#options.width) this.#watch(slot);
    return slot;
  }

  /** Is told of a slot whose answer has come, or whose request is over. */
  settled(slot: RequestSlot): void {
    this.#young.delete(slot);
    if (slot.isPatient) this.#patient--;
    slot.isPatient = false;
  }

  /** Is told of a slot whose request is over. */
  freed(slot: RequestSlot): void {
    this.settled(slot);
    this.#requests--;
  }

  /** An image has come, and is kept until what this gives is called. */
  keep(): () => void {
    this.#images++;
    return () => this.#images--;
  }

  close(): void {
    this.#cancelAlarm?.();
    this.#young.clear();
  }

  #watch(slot: RequestSlot): void {
    this.#young.add(slot);
    if (!this.#cancelAlarm) this.#setAlarm(PATIENCE_MS);
  }

  #setAlarm(ms: number): void {
    this.#cancelAlarm = this.#options.clock.after(ms, () => {
      this.#cancelAlarm = undefined;
      this.#ring();
    });
  }

  #ring(): void {
    const nowMs = this.#options.clock.nowMs();
    const before = this.#patient;
    for (const slot of this.#young) {
      if (slot.dueMs > nowMs) {
        this.#setAlarm(slot.dueMs - nowMs);
        break;
      }
      this.#young.delete(slot);
      slot.isPatient = true;
      this.#patient++;
    }
    if (this.#patient > before) this.#options.onRoom();
  }
}

class RequestSlot implements Slot {
  /** When its request has waited so long that it costs nothing. */
  readonly dueMs: number;
  readonly #slots: RequestSlots;
  isPatient = false;

  constructor(dueMs: number, slots: RequestSlots) {
    this.dueMs = dueMs;
    this.#slots = slots;
  }

  answered(): void {
    this.#slots.settled(this);
  }

  free(): void {
    this.#slots.freed(this);
  }
}

/** Slots for a fixed number of requests, or for as many as turn out to make sense, up to `most`. */
export function requestSlots(
  options: Omit<SlotOptions, 'width'>,
  threadCount: number | 'auto',
): RequestSlots {
  if (threadCount !== 'auto') return new RequestSlots({ ...options, most: threadCount });
  const load = { busyShare: eventLoopShare(), isHungry: () => slots.isHungry };
  const width = new WidthControl(options.most, load, options.clock);
  const slots: RequestSlots = new RequestSlots({ ...options, width });
  return slots;
}
