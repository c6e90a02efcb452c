import test from 'ava';
import fc from 'fast-check';
import { Directory } from '../../src/store/directory.ts';

/** Ascending first slots: steps of every width, from none to many blocks. */
const startsCase = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 70_000 }), fc.nat(2 ** 24)), {
    maxLength: 100,
  })
  .map((steps) => {
    let slot = -1;
    return Uint32Array.from(steps, (step) => {
      slot += Math.max(1, step);
      return slot;
    });
  });

test('the block of a slot is the last that does not start after it', (t) => {
  fc.assert(
    fc.property(startsCase, fc.nat(2 ** 31 - 1), (starts, other) => {
      const directory = Directory.of(starts);
      const slots = [other, ...[...starts].flatMap((start) => [Math.max(0, start - 1), start, start + 1])];
      for (const slot of slots) {
        t.is(
          directory.find(slot),
          starts.findLastIndex((start) => start <= slot),
        );
      }
      starts.forEach((start, block) => {
        t.is(directory.startOf(block), start);
      });
    }),
  );
});

test('a directory survives its bytes, and other bytes are none', (t) => {
  fc.assert(
    fc.property(startsCase, (starts) => {
      const bytes = Directory.of(starts).toBytes();
      const read = Directory.from(bytes, starts.length)!;
      starts.forEach((start, block) => {
        t.is(read.startOf(block), start);
      });
      t.is(Directory.from(bytes, starts.length + 1), undefined);
      t.is(Directory.from(bytes.subarray(0, -1), starts.length), undefined);
      t.is(Directory.from(Uint8Array.of(3, ...bytes.subarray(1)), starts.length), undefined);
    }),
  );
});

test('blocks that start up to 255 slots apart take a byte and a quarter each', (t) => {
  const starts = Uint32Array.from({ length: 16_000 }, (_, i) => 255 * i);
  t.is(Directory.of(starts).toBytes().length, 4 + 16_000 * (1 + 4 / 16));
});
