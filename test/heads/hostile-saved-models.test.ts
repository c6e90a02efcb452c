import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import type { Head } from '../../src/heads/head.ts';
import { loadHead } from '../../src/heads/load.ts';
import { writeZip } from './pth-writer.ts';
import { deflated, partsOf, SAVED_MODELS, sketchModel, zipParts } from './saved-model-writer.ts';
import { filesIn, refusal } from './setup.ts';

const ROUNDS = 200;

async function refusalOf(t: ExecutionContext, file: Buffer): Promise<string> {
  const folder = await filesIn(t, { 'hostile.zip': file });
  const error = await refusal(join(folder, 'hostile.zip'), 'punsafe');
  t.is(error.code, 'BB_HEAD_REFUSED');
  t.true(error.message.length < 600);
  return error.message;
}

/** mulberry32. */
function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Changes some bytes, cuts a piece out, or doubles one. */
function mutate(content: Buffer, random: (below: number) => number): Buffer {
  const at = random(content.length);
  const length = 1 + random(16);
  switch (random(3)) {
    case 0: {
      const changed = Buffer.from(content);
      for (let i = at; i < Math.min(at + length, content.length); i++) changed[i] = random(256);
      return changed;
    }
    case 1:
      return Buffer.concat([content.subarray(0, at), content.subarray(at + length)]);
    default:
      return Buffer.concat([content.subarray(0, at), content.subarray(Math.max(0, at - length))]);
  }
}

/** What a sound head of this size takes is a few megabytes; what a lie about sizes could ask for has gigabytes. */
const MOST_BYTES = 200e6;

/** Loads a damaged head: undefined where it is refused under a code of ours, which is all that may happen. */
async function loadDamaged(path: string): Promise<Head | undefined> {
  try {
    return await loadHead(path, { tag: 'punsafe' });
  } catch (thrown) {
    if (thrown instanceof BowerbirdError && /^BB_HEAD_/.test(thrown.code)) return undefined;
    throw thrown;
  }
}

function heldBytes(): number {
  const { external, arrayBuffers } = process.memoryUsage();
  return external + arrayBuffers;
}

// One after the other, before all others: what those hold would be counted too.
test.serial(`${ROUNDS} damages to an archive are refused, or change nothing of its head`, async (t) => {
  const random = seededRandom(11);
  const whole = readFileSync(join(SAVED_MODELS, 'encoded.zip'));
  const probe = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
  const [score] = (await loadHead(join(SAVED_MODELS, 'encoded.zip'), { tag: 'punsafe' })).score(probe, 1);
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const folder = await filesIn(t, { 'm.zip': mutate(whole, random) });
    const head = await loadDamaged(join(folder, 'm.zip'));
    t.true(heldBytes() < MOST_BYTES);
    if (head) t.is(head.score(probe, 1)[0], score, `round ${round}`);
    else refused++;
  }
  t.true(refused > ROUNDS / 2, `${refused} were refused`);
});

test.serial(
  `${ROUNDS} damages to parts whose checksums fit are refused, or leave a head that gives a probability or none`,
  async (t) => {
    const random = seededRandom(12);
    const parts = partsOf('encoded');
    const names = ['saved_model.pb', 'variables/variables.index', 'variables/variables.data-00000-of-00001'];
    const probe = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const name = names[round % names.length]!;
      const damaged = new Map([...parts, [name, mutate(parts.get(name)!, random)]]);
      const folder = await filesIn(t, { 'm.zip': zipParts(damaged) });
      const head = await loadDamaged(join(folder, 'm.zip'));
      t.true(heldBytes() < MOST_BYTES);
      if (!head) {
        refused++;
        continue;
      }
      const score = head.score(
        Float32Array.from({ length: head.dimension }, (_, i) => probe[i] ?? 0),
        1,
      )[0]!;
      t.true(Number.isNaN(score) || (score >= 0 && score <= 1), `round ${round}: ${score}`);
    }
    t.true(refused > ROUNDS / 4, `${refused} were refused`);
  },
);

test('a part that inflates to more than it claims is not inflated further', async (t) => {
  const bomb = Buffer.alloc(64 * 2 ** 20);
  t.regex(
    await refusalOf(t, writeZip([deflated('saved_model.pb', bomb, { bytes: 100 })])),
    /cannot be inflated/,
  );
  t.regex(
    await refusalOf(t, writeZip([deflated('saved_model.pb', bomb)])),
    /has 67108864 bytes, and at most 33554432/,
  );
  t.regex(
    await refusalOf(t, writeZip([deflated('saved_model.pb', Buffer.alloc(9), { bytes: 2 ** 20 })])),
    /another size/,
  );
});

test('an archive without the parts of a SavedModel, or with two models, is refused', async (t) => {
  t.regex(await refusalOf(t, Buffer.from('no archive')), /no complete zip archive/);
  t.regex(
    await refusalOf(t, writeZip([{ name: 'a.txt', content: Buffer.alloc(1) }])),
    /must have one saved_model/,
  );
  const parts = partsOf('plain');
  t.regex(
    await refusalOf(t, zipParts(new Map([...parts, ['b/saved_model.pb', Buffer.alloc(0)]]))),
    /and has 2/,
  );
  for (const name of ['variables/variables.index', 'variables/variables.data-00000-of-00001']) {
    t.regex(
      await refusalOf(t, zipParts(new Map([...parts].filter(([other]) => other !== name)))),
      /is missing/,
    );
  }
});

test('parts that are encrypted, or packed in a way that is not read, are refused', async (t) => {
  const part = { name: 'saved_model.pb', content: Buffer.alloc(4) };
  t.regex(await refusalOf(t, writeZip([{ ...part, flags: 1 }])), /encrypted/);
  t.regex(await refusalOf(t, writeZip([{ ...part, method: 12 }])), /method 12/);
});

test('a folder in the archive that leads out of it is a name like any other: nothing is unpacked', async (t) => {
  const parts = new Map([...partsOf('plain')].map(([name, content]) => [`../../${name}`, content]));
  const folder = await filesIn(t, { 'm.zip': zipParts(parts) });
  t.is((await loadHead(join(folder, 'm.zip'), { tag: 'punsafe' })).dimension, 12);
});

test('a function that calls itself is followed so far and no further', async (t) => {
  const loop = ['loop', [['again', 'PartitionedCall', [], 'loop']], 'again:output:0'] as const;
  const nodes = [['out', 'PartitionedCall', [], 'loop']] as const;
  t.regex(await refusalOf(t, sketchModel(nodes, { functions: [loop] })), /more than \d+ steps/);
});

test('nodes that are given each other are followed so far and no further', async (t) => {
  const nodes = [
    ['out', 'Identity', ['other']],
    ['other', 'Identity', ['out']],
  ] as const;
  t.regex(await refusalOf(t, sketchModel(nodes)), /more than \d+ steps/);
});

test('a name in the graph that stands for nothing is refused, and so is a function that is not there', async (t) => {
  t.regex(
    await refusalOf(t, sketchModel([['out', 'Identity', ['nothing']]])),
    /"nothing", which is not there/,
  );
  t.regex(await refusalOf(t, sketchModel([['out', 'Identity', []]])), /no input 0/);
  t.regex(
    await refusalOf(t, sketchModel([['out', 'PartitionedCall', [], 'f']])),
    /function "f", which is not there/,
  );
});

test('an operation that would read a file or run code is refused by its name', async (t) => {
  for (const op of ['ReadFile', 'PyFunc', 'WriteFile']) {
    t.regex(await refusalOf(t, sketchModel([['out', op, []]])), new RegExp(`operation "${op}"`));
  }
});

test('a graph of very many nodes is refused before they are all read', async (t) => {
  const nodes = Array.from({ length: 100_001 }, (_, i) => [`n${i}`, '', []] as const);
  t.regex(await refusalOf(t, sketchModel(nodes)), /more than 100000 nodes/);
});
