import { closeSync, existsSync, openSync, readlinkSync } from 'node:fs';
import test from 'ava';
import { readBlock, SharedBlocks, writeBlock } from '../../src/base/shared-blocks.ts';

const hasMemoryFolder = existsSync('/dev/shm');
const inMemory = hasMemoryFolder ? test : test.skip;

inMemory('what one writes into a block, whoever has its file open reads', (t) => {
  const blocks = SharedBlocks.open(8, 2)!;
  t.teardown(() => blocks.close());
  const [first, second] = [blocks.take()!, blocks.take()!];
  t.true(writeBlock(blocks.descriptor, [Uint8Array.of(1, 2, 3), Uint8Array.of(4)], second));
  t.true(writeBlock(blocks.descriptor, [new Uint8Array(8).fill(9)], first));
  const into = new Uint8Array(3);
  readBlock(blocks.descriptor, into, second + 1);
  t.deepEqual([...into], [2, 3, 4]);
  t.deepEqual([...blocks.bytesAt(second, 4).read()], [1, 2, 3, 4]);
  t.deepEqual([...blocks.bytesAt(first + 6, 2).read()], [9, 9]);
});

inMemory('a block is given out once until it is given back, and none where all are out', (t) => {
  const blocks = SharedBlocks.open(8, 2)!;
  t.teardown(() => blocks.close());
  const [first, second] = [blocks.take()!, blocks.take()!];
  t.not(first, second);
  t.is(blocks.take(), undefined);
  blocks.giveBack(first);
  t.is(blocks.take(), first);
});

inMemory('bytes that were never written, or that reach out of a block, are refused', (t) => {
  const blocks = SharedBlocks.open(8, 2)!;
  t.teardown(() => blocks.close());
  const place = blocks.take()!;
  t.throws(() => blocks.bytesAt(place, 4).read(), { message: /has 0 of 4 bytes/ });
  t.throws(() => blocks.bytesAt(place + 6, 3), { instanceOf: RangeError });
});

inMemory('a block that cannot be written is told', (t) => {
  const readOnly = openSync('/dev/null', 'r');
  t.teardown(() => closeSync(readOnly));
  t.false(writeBlock(readOnly, [Uint8Array.of(1)], 0));
});

inMemory('the file of the blocks has no name, so that nothing is left of it', (t) => {
  const blocks = SharedBlocks.open(8, 2)!;
  t.teardown(() => blocks.close());
  t.regex(readlinkSync(`/proc/self/fd/${blocks.descriptor}`), /^\/dev\/shm\/bowerbird-.* \(deleted\)$/);
});
