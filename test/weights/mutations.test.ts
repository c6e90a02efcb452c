import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Random } from '../../scripts/random.ts';
import { BowerbirdError } from '../../src/base/errors.ts';
import { convertWeights } from '../../src/models/convert/convert-weights.ts';
import { mutateBytes } from '../helpers/mutate-bytes.ts';
import { FIXTURES } from '../models/convert/reference.ts';

const COUNT = 200;
/** A conversion of these files takes a few megabytes; what a lie about sizes could ask for has gigabytes. */
const MOST_BYTES = 200e6;

/** Both kinds of file, and where in them lies what says where tensors are. */
const FILES = {
  safetensors: () => {
    const file = readFileSync(join(FIXTURES, 'clip-gelu', 'model.safetensors'));
    return { file, first: 0, bytes: 8 + Number(file.readBigUInt64LE(0)) };
  },
  checkpoint: () => {
    const file = readFileSync(join(FIXTURES, 'clip-bin', 'pytorch_model.bin'));
    const pickleEnd = file.indexOf('FB', file.indexOf('data.pkl'));
    return { file, first: 0, bytes: Math.max(pickleEnd, 4000) };
  },
};

for (const [kind, read] of Object.entries(FILES))
  test(`${COUNT} damaged files of the kind ${kind} are converted whole or refused with a code, in bounded memory`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bowerbird-mutations-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'config.json'), readFileSync(join(FIXTURES, 'clip-gelu', 'config.json')));
    const { file, first, bytes } = read();
    const random = new Random(20261130);
    const codes = new Map<string, number>();
    for (let i = 0; i < COUNT; i++) {
      const path = join(folder, `weights-${i}`);
      await writeFile(path, mutateBytes(file, random, { first, bytes }));
      const code = await convertWeights(path, { name: 'x' }, join(folder, `out-${i}`)).then(
        () => 'converted',
        (thrown: unknown) => {
          if (!(thrown instanceof BowerbirdError)) throw thrown;
          return thrown.code;
        },
      );
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const { external, arrayBuffers } = process.memoryUsage();
      t.true(external + arrayBuffers < MOST_BYTES);
    }
    t.log(Object.fromEntries(codes));
    t.true((codes.get('BB_WEIGHTS_REFUSED') ?? 0) > COUNT / 2);
    for (const code of codes.keys()) t.regex(code, /^(converted|BB_WEIGHTS_(REFUSED|UNKNOWN))$/);
  });
