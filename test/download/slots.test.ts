import test from 'ava';
import type { SlotHost } from '../../src/download/schedule.ts';
import { RequestSlots } from '../../src/download/slots.ts';
import { WidthControl } from '../../src/download/width.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const NO_BOUND = { hasRoom: () => true, isWaitedFor: false };

/** Slots of which 256 may be taken by what keeps us busy, and `most` in all; it counts how often it was told of room. */
function startSlots(most: number): {
  readonly clock: ManualClock;
  readonly slots: RequestSlots;
  readonly told: () => number;
} {
  const clock = new ManualClock();
  const load = { busyShare: () => 0.9, isHungry: () => false };
  let told = 0;
  const slots = new RequestSlots({
    ...{ most, width: new WidthControl(most, load, clock), clock, budget: NO_BOUND },
    onRoom: () => told++,
  });
  return { clock, slots, told: () => told };
}

function newHost(isSilent = true): SlotHost {
  return { isSilent, patientRequests: 0 };
}

test('a request that has waited a second for its answer makes room for another, until its answer comes', (t) => {
  const { clock, slots, told } = startSlots(300);
  const first = Array.from({ length: 256 }, () => slots.take(newHost()));
  t.false(slots.hasRoom());
  clock.advance(999);
  t.false(slots.hasRoom());
  clock.advance(50);
  t.is(told(), 1);
  t.true(slots.hasRoom());
  const later = Array.from({ length: 44 }, () => slots.take(newHost()));
  t.false(slots.hasRoom(), 'as many sockets as there may be');
  later[0]!.free();
  t.true(slots.hasRoom());
  for (const slot of first) slot.answered();
  t.false(slots.hasRoom(), 'all of the first are busy again');
  for (const slot of [...first, ...later.slice(1)]) slot.free();
  t.is(slots.inFlight, 0);
  t.true(slots.hasRoom());
});

test('where answers come soon, a request is not waited for so long', (t) => {
  const { clock, slots } = startSlots(300);
  for (let i = 0; i < 1000; i++) {
    const slot = slots.take(newHost());
    clock.advance(50);
    slot.answered();
    slot.free();
  }
  for (let i = 0; i < 256; i++) slots.take(newHost());
  clock.advance(100);
  t.false(slots.hasRoom());
  clock.advance(60);
  t.true(slots.hasRoom());
});

test('a further request to a host that has said nothing while another waited long does not count from its start', (t) => {
  const { clock, slots } = startSlots(2000);
  const hanging = newHost();
  const first = slots.take(hanging);
  clock.advance(1_050);
  t.is(hanging.patientRequests, 1);
  for (let i = 0; i < 4; i++) slots.take(hanging);
  for (let i = 0; i < 255; i++) slots.take(newHost());
  t.true(slots.hasRoom());
  slots.take(newHost());
  t.false(slots.hasRoom());
  first.answered();
  t.is(hanging.patientRequests, 4);
});

test('of a host that has answered each request counts, though one of them hangs', (t) => {
  const { clock, slots } = startSlots(2000);
  const known = newHost(false);
  slots.take(known);
  clock.advance(1_050);
  t.is(known.patientRequests, 1);
  for (let i = 0; i < 256; i++) slots.take(known);
  t.false(slots.hasRoom());
});

test('a fixed width counts every request, however long it waits', (t) => {
  const clock = new ManualClock();
  const slots = new RequestSlots({ most: 2, budget: NO_BOUND, clock, onRoom: () => t.fail() });
  slots.take(newHost());
  slots.take(newHost());
  clock.advance(60_000);
  t.false(slots.hasRoom());
});

test('a request whose body takes three times as long as others do, and a second at least, makes room for another', (t) => {
  const { clock, slots } = startSlots(2000);
  for (let i = 0; i < 1000; i++) slots.take(newHost(false)).bodyCame(500);
  for (let i = 0; i < 256; i++) slots.take(newHost(false)).answered();
  clock.advance(1_450);
  t.false(slots.hasRoom());
  clock.advance(100);
  t.true(slots.hasRoom());
});

test('memory is short while a request would begin but for it, or a body that has begun waits for it', (t) => {
  const clock = new ManualClock();
  const budget = { hasRoom: (requests: number) => requests < 2, isWaitedFor: false };
  const slots = new RequestSlots({ most: 10, budget, clock, onRoom: () => undefined });
  t.false(slots.isShortOfMemory);
  slots.take(newHost());
  t.false(slots.isShortOfMemory);
  slots.take(newHost());
  t.true(slots.isShortOfMemory);
  const waiting = new RequestSlots({
    ...{ most: 10, budget: { hasRoom: () => true, isWaitedFor: true }, clock, onRoom: () => undefined },
  });
  t.true(waiting.isShortOfMemory);
});
