import { PassThrough } from 'node:stream';
import test from 'ava';
import { type Frame, FrameReader, writeFrame } from '../../src/base/frames.ts';

const FRAMES: readonly Frame[] = [
  { header: { id: 1, text: 'naïve 😀' }, body: Buffer.from('body') },
  { header: { id: 2 }, body: Buffer.alloc(0) },
  { header: { id: 3 }, body: Buffer.alloc(70_000, 7) },
  { header: {}, body: Buffer.alloc(0) },
];

function bytesOf(frames: readonly Frame[]): Buffer {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const { header, body } of frames)
    writeFrame(stream, header, [body.subarray(0, 3), body.subarray(3, 3), body.subarray(3)]);
  return Buffer.concat(chunks);
}

test('a frame is handed over with its last byte, whether it has a body or not', (t) => {
  for (let count = 1; count <= FRAMES.length; count++) {
    const bytes = bytesOf(FRAMES.slice(0, count));
    const read: Frame[] = [];
    const reader = new FrameReader((frame) => read.push(frame));
    reader.push(bytes.subarray(0, -1));
    t.is(read.length, count - 1);
    reader.push(bytes.subarray(-1));
    t.deepEqual(read, FRAMES.slice(0, count));
  }
});

test('frames are the same wherever their bytes are cut, and one chunk may hold many', (t) => {
  const bytes = bytesOf(FRAMES);
  for (const chunkBytes of [1, 7, 8, 1000, bytes.length]) {
    const read: Frame[] = [];
    const reader = new FrameReader((frame) => read.push(frame));
    for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
    t.deepEqual(read, FRAMES, `chunks of ${chunkBytes} bytes`);
  }
});
