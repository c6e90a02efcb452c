import test from 'ava';
import { BowerbirdError, firstLine, firstSentence } from '../../src/base/errors.ts';

test('of a long message the first line is told, whatever was thrown', (t) => {
  t.is(firstLine(new Error('IO Error: no such file \n\nLINE 1: SELECT')), 'IO Error: no such file');
  t.is(firstLine('\nout of memory\r\nat 0x0'), 'out of memory');
  t.is(firstLine(undefined), 'undefined');
});

test('as a sentence it ends with one stop', (t) => {
  t.is(firstSentence(new Error('no such file\nmore')), 'no such file.');
  for (const sentence of ['It is full.', 'Is it full?', 'It is full!']) {
    t.is(firstSentence(new Error(`${sentence}\nmore`)), sentence);
  }
});

test('an error keeps what caused it, be that undefined, and has neither cause nor fields where there are none', (t) => {
  const cause = new Error('disk');
  t.is(new BowerbirdError('BB_DISK_FULL', 'full', { cause }).cause, cause);
  t.true('cause' in new BowerbirdError('BB_DISK_FULL', 'full', { cause: undefined }));
  const bare = new BowerbirdError('BB_DISK_FULL', 'full');
  t.false('cause' in bare);
  t.deepEqual(bare.fields, {});
});
