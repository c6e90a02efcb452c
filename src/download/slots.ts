import type { Clock } from '../base/clock.ts';
import type { BodyBudget } from './body-budget.ts';
import type { Slot } from './host-visit.ts';
import { Patience } from './patience.ts';
import type { SlotHost, Slots } from './schedule.ts';
import { eventLoopShare, WidthControl } from './width.ts';

/** Fewer images than this may always wait to be worked on, however few requests are allowed at once. */
const LEAST_IMAGES = 256;

/** Whoever works on the images is hungry when fewer wait. */
const HUNGRY_IMAGES = 32;

/** However quick hosts are: a name, a connection and TLS may take this of a host that is well. */
const LEAST_FOR_HEADS_MS = 100;

/** However quick bodies are: this takes none of a host that is well but for its line. */
const LEAST_FOR_BODIES_MS = 1_000;

/** How often it is looked at which requests have waited long. */
const LOOK_EVERY_MS = 50;

/** What bounds the requests. */
export interface SlotOptions {
  /** Requests in flight. */
  readonly most: number;
  /** Finds out how many of those that keep us busy make sense; without it, `most` is all there is. */
  readonly width?: WidthControl;
  readonly budget: Pick<BodyBudget, 'hasRoom' | 'isWaitedFor'>;
  readonly clock: Clock;
  /** Told when a request has become one that costs nothing. */
  readonly onRoom: () => void;
}

/**
 * Bounds the requests in flight, by their number and by the memory that their images will need, and the images that have
 * come and are not yet worked on: who works on them is behind when there are as many of them as of requests.
 *
 * Where the width is found out, a request that has waited for its answer much longer than others do does not count against it until
 * that comes, nor does one whose body takes much longer than others, and further ones to a host that has said nothing do not count from their
 * start: hosts that hang, or drip, hold sockets, of which there are thousands, and the memory of what has come.
 */
export class RequestSlots implements Slots {
  readonly #options: SlotOptions;
  #requests = 0;
  #patient = 0;
  #images = 0;
  /** Requests that may become patient, since their answers, or bodies, do not come; each in the order in which these began to be waited for. */
  readonly #heads: Waits = { patience: new Patience(LEAST_FOR_HEADS_MS), young: new Set() };
  readonly #bodies: Waits = { patience: new Patience(LEAST_FOR_BODIES_MS), young: new Set() };
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

  /** Whether requests, or bodies that have begun, wait for memory. */
  get isShortOfMemory(): boolean {
    const { most, budget } = this.#options;
    const busy = this.#requests - this.#patient;
    return budget.isWaitedFor || (busy > 0 && this.#requests < most && !budget.hasRoom(busy));
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

  take(host: SlotHost): Slot {
    this.#requests++;
    const slot = new RequestSlot(host, this.#options.clock.nowMs(), this);
    if (!this.#options.width) return slot;
    if (host.isSilent && host.patientRequests > 0) this.#becomesPatient(slot);
    else this.#watch(slot, this.#heads);
    return slot;
  }

  /** Is told of a slot whose answer has come. */
  answered(slot: RequestSlot): void {
    const nowMs = this.#options.clock.nowMs();
    this.#heads.patience.came(nowMs - slot.sinceMs);
    this.#settled(slot);
    if (!this.#options.width) return;
    slot.sinceMs = nowMs;
    this.#watch(slot, this.#bodies);
  }

  /** Is told of a body that has come whole, after so long. */
  bodyCame(ms: number): void {
    this.#bodies.patience.came(ms);
  }

  /** Is told of a slot whose request is over. */
  freed(slot: RequestSlot): void {
    this.#settled(slot);
    this.#requests--;
  }

  /** An image has come, and is kept until what this gives is called. */
  keep(): () => void {
    this.#images++;
    return () => this.#images--;
  }

  close(): void {
    this.#cancelAlarm?.();
    for (const { young } of this.#waits) young.clear();
  }

  get #waits(): readonly Waits[] {
    return [this.#heads, this.#bodies];
  }

  #settled(slot: RequestSlot): void {
    for (const { young } of this.#waits) young.delete(slot);
    if (!slot.isPatient) return;
    slot.isPatient = false;
    slot.host.patientRequests--;
    this.#patient--;
  }

  #becomesPatient(slot: RequestSlot): void {
    slot.isPatient = true;
    slot.host.patientRequests++;
    this.#patient++;
  }

  #watch(slot: RequestSlot, { young }: Waits): void {
    young.add(slot);
    if (!this.#cancelAlarm) this.#lookLater();
  }

  #lookLater(): void {
    this.#cancelAlarm = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#cancelAlarm = undefined;
      this.#look();
    });
  }

  #look(): void {
    const nowMs = this.#options.clock.nowMs();
    const before = this.#patient;
    for (const { young, patience } of this.#waits) {
      const sinceBeforeMs = nowMs - patience.ms;
      for (const slot of young) {
        if (slot.sinceMs > sinceBeforeMs) break;
        young.delete(slot);
        this.#becomesPatient(slot);
      }
    }
    if (this.#waits.some(({ young }) => young.size > 0)) this.#lookLater();
    if (this.#patient > before) this.#options.onRoom();
  }
}

/** What requests wait for, and which of them still count. */
interface Waits {
  readonly patience: Patience;
  readonly young: Set<RequestSlot>;
}

class RequestSlot implements Slot {
  readonly host: SlotHost;
  /** When it began to wait for what it waits for now. */
  sinceMs: number;
  readonly #slots: RequestSlots;
  /** Whether it has waited so long that it costs nothing but its socket. */
  isPatient = false;

  constructor(host: SlotHost, sinceMs: number, slots: RequestSlots) {
    this.host = host;
    this.sinceMs = sinceMs;
    this.#slots = slots;
  }

  answered(): void {
    this.#slots.answered(this);
  }

  bodyCame(ms: number): void {
    this.#slots.bodyCame(ms);
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
