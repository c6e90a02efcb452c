import test from 'ava';
import { parseThumbnails, thumbnailFile } from '../../src/runs/thumbnails.ts';
import { thumbnailOf } from './setup.ts';

test('pictures are read as they were written, with their format and version', (t) => {
  const samples = [thumbnailOf('0/1', 6.5, { caption: 'naïve 😀' }), thumbnailOf('0/2', -1, { kept: false })];
  const text = thumbnailFile(samples);
  t.deepEqual(parseThumbnails(Buffer.from(text)), samples);
  t.like(JSON.parse(text), { format: 'bowerbird-thumbnails', version: 1 });
  t.deepEqual(parseThumbnails(Buffer.from(thumbnailFile([]))), []);
});
