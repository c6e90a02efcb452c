import test from 'ava';
import { type StageLevels, StageWatch } from '../../src/pipeline/stage-watch.ts';

const QUIET: StageLevels = {
  ...{ requests: 10, isFull: false, isShortOfMemory: false, rows: 10, reading: 'awaited' },
  hanging: { requests: 0, hosts: [] },
  ...{ decode: { size: 4, capacity: 8 }, embed: { size: 1, capacity: 64 } },
  held: { images: 0, crops: 0, embeddings: 0 },
  tags: [{ size: 1, capacity: 64 }],
};
const HANGING = { requests: 5, hosts: ['a.test', 'b.test'] };
const EMPTY = { size: 0, capacity: 8 };

function watched(levels: Partial<StageLevels>, looks = 10, quietLooks = 0): string | undefined {
  const watch = new StageWatch();
  for (let i = 0; i < looks; i++) watch.look({ ...QUIET, ...levels });
  for (let i = 0; i < quietLooks; i++) watch.look(QUIET);
  return watch.describe();
}

for (const [what, levels, words] of [
  ['a full queue of crops', { embed: { size: 64, capacity: 64 } }, /encoder was behind.*--device/],
  [
    'a full queue of crops for a tag',
    {
      tags: [
        { size: 0, capacity: 8 },
        { size: 64, capacity: 64 },
      ],
    },
    /gives a tag was behind/,
  ],
  ['a full queue of images', { decode: { size: 8, capacity: 8 } }, /decoder was behind.*--processes-count/],
  [
    'no image, all requests in use',
    { decode: EMPTY, isFull: true, rows: 900 },
    /all requests[^,]*\. --thread-count/,
  ],
  ['no image, rows that wait for hosts', { decode: EMPTY, rows: 900 }, /rows for their hosts.*--per-host/],
  ['no row, and a reader that is awaited', { decode: EMPTY, rows: 0, requests: 0 }, /input is read slowly/],
  [
    'requests that hang while the reader is awaited',
    { decode: EMPTY, hanging: HANGING },
    /input is read slowly/,
  ],
  [
    'no memory for an image that would be asked for, whatever the hosts do',
    { decode: EMPTY, isShortOfMemory: true, rows: 900, hanging: HANGING },
    /these for memory.*--max-mb-in-flight.*--max-bytes.* longest at a\.test, b\.test\./,
  ],
  [
    'all requests in use, half of them hanging',
    { decode: EMPTY, isFull: true, rows: 900, hanging: HANGING },
    /most of them at hosts that did not answer.*--timeout.*--per-host.*--thread-count.* 10, longest at a\.test, b\.test\./,
  ],
  [
    'the last requests of a run',
    { decode: EMPTY, reading: 'ended', hanging: HANGING },
    /no row was left to ask for.*--timeout.*on average: 10, longest at a\.test, b\.test\./,
  ],
  [
    'hanging requests of the open shards',
    { decode: EMPTY, reading: 'held back', hanging: HANGING },
    /waiting for the answers.*--timeout/,
  ],
  [
    'open shards with few rows, none of which hangs',
    { decode: EMPTY, reading: 'held back' },
    /no row waited.*--number-sample-per-shard/,
  ],
] as const) {
  test(`the end of a run says which stage the others waited for: ${what}`, (t) => {
    t.regex(watched(levels) ?? '', words);
  });
}

test('crops that wait count before images that do: the last stage holds up the others', (t) => {
  const full = { embed: { size: 64, capacity: 64 }, decode: { size: 8, capacity: 8 } };
  t.regex(watched(full) ?? '', /encoder was behind/);
});

test('of slow hosts is said how many requests they had on average, and at which three they hung longest', (t) => {
  const watch = new StageWatch();
  const tail: StageLevels = { ...QUIET, decode: EMPTY, reading: 'ended' };
  for (let look = 0; look < 10; look++) {
    const hosts = ['a.test', 'b.test', 'c.test', 'd.test'].slice(Math.max(0, look - 6));
    const requests = hosts.length;
    watch.look({ ...tail, requests, rows: requests, hanging: { requests, hosts } });
  }
  // 4 each for seven looks, then 3, 2, 1: 3.4.
  t.regex(watch.describe() ?? '', /on average: 4, longest at d\.test, c\.test, b\.test\. Held/);
});

test('the end of a run whose rows have all been asked for blames neither reader nor flags of shards', (t) => {
  t.notRegex(watched({ decode: EMPTY, reading: 'ended' }) ?? '', /read slowly|--number-sample-per-shard/);
  t.is(watched({ decode: EMPTY, reading: 'ended', requests: 0, rows: 0 }), undefined);
});

test('it is said for how much of the time, and how many bytes each stage held', (t) => {
  const mib = 1024 * 1024;
  const held = { images: 40 * mib, crops: 8 * mib, embeddings: 99.5 * mib };
  const sentence = watched({ decode: { size: 8, capacity: 8 }, held }, 15, 5);
  t.regex(sentence ?? '', /^For 75 % of the time/);
  t.regex(
    sentence ?? '',
    /on average and at most, in MiB: images 30 and 40, crops 6 and 8, embeddings 75 and 100\.$/,
  );
});

test('nothing is said of a short run, nor where no stage was behind for half of the time', (t) => {
  t.is(watched({ decode: { size: 8, capacity: 8 } }, 9), undefined);
  t.is(watched({ decode: { size: 8, capacity: 8 } }, 9, 11), undefined);
  t.is(watched({}, 100), undefined);
});
