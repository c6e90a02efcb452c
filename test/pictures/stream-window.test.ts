import test from 'ava';
import { StreamWindow } from '../../src/pictures/stream-window.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';

const MIB = 1024 * 1024;

/** A stream of some bytes in pieces of one size, and from where it was opened. */
function streamOf(bytes: Buffer, pieceBytes: number) {
  const opened: number[] = [];
  const closed: number[] = [];
  const open = async function* (from: number): AsyncGenerator<Buffer> {
    opened.push(from);
    try {
      for (let at = from; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    } finally {
      closed.push(from);
    }
  };
  return { open, opened, closed };
}

test('pieces read forwards have the bytes of their places, however the stream is cut', async (t) => {
  const random = randomNumbers(5);
  const bytes = Buffer.from(Array.from({ length: 5000 }, () => Math.floor(random() * 256)));
  for (const pieceBytes of [1, 7, 512, 10_000]) {
    const { open, opened } = streamOf(bytes, pieceBytes);
    const window = new StreamWindow(open);
    for (let at = 0; at < bytes.length; at += Math.floor(random() * 90)) {
      const length = Math.floor(random() * 200);
      t.true((await window.read(at, length)).equals(bytes.subarray(at, at + length)));
      t.true((await window.read(at, 3)).equals(bytes.subarray(at, at + 3)), 'a place may be read again');
    }
    t.deepEqual(opened, [0]);
    t.is((await window.read(6000, 10)).length, 0);
  }
});

test('what lies far ahead is asked for anew; a little is read over', async (t) => {
  const bytes = Buffer.alloc(12 * MIB);
  bytes.write('here', 10 * MIB);
  const { open, opened, closed } = streamOf(bytes, 64 * 1024);
  const window = new StreamWindow(open);
  await window.read(0, 10);
  await window.read(3 * MIB, 10);
  t.deepEqual(opened, [0]);
  t.is((await window.read(10 * MIB, 4)).toString(), 'here');
  t.deepEqual([opened, closed], [[0, 10 * MIB], [0]]);
  await window.close();
  t.deepEqual(closed, [0, 10 * MIB]);
});
