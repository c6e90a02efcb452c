import { readFileSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Random } from '../../scripts/random.ts';
import { BowerbirdError } from '../../src/base/errors.ts';
import { createEncoder, encoderSpec } from '../../src/embed/encoder.ts';
import { wrapModel } from '../../src/embed/onnx/wrap.ts';
import { convertWeights } from '../../src/models/convert/convert-weights.ts';
import type { EncoderFiles } from '../../src/models/encoder-files.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import { mutateBytes } from '../helpers/mutate-bytes.ts';
import { temporaryFolder, writeOddModel } from '../helpers/odd-models.ts';
import { FIXTURES } from '../models/convert/reference.ts';

const COUNT = 200;
/** Of the damaged models that can still be read, every so manieth is given to onnxruntime: each costs a process. */
const STARTED_EVERY = 6;
/** What is put around a model, and room for lengths that grow. */
const MOST_ADDED_BYTES = 10_000;

/** Reads a model as a run does before it starts a process; undefined where it is refused with a code. */
async function readModel(path: string, t: Pick<ExecutionContext, 'fail'>): Promise<EncoderFiles | undefined> {
  try {
    const files = await resolveEncoder(path);
    const { length } = wrapModel(encoderSpec(files)).bytes;
    const { length: fileBytes } = readFileSync(path);
    if (length > fileBytes + MOST_ADDED_BYTES) t.fail(`${fileBytes} bytes became ${length}`);
    return files;
  } catch (thrown) {
    if (thrown instanceof BowerbirdError && thrown.code === 'BB_MODEL_GRAPH') return undefined;
    throw thrown;
  }
}

test(`${COUNT} damaged ONNX models are refused with a code, or run, or end their own process alone`, async (t) => {
  const folder = await temporaryFolder(t);
  await convertWeights(join(FIXTURES, 'clip-gelu'), { name: 'sound' }, join(folder, 'sound'));
  const sound = readFileSync(join(folder, 'sound', 'model.onnx'));
  const manifest = JSON.parse(readFileSync(join(folder, 'sound', 'model.json'), 'utf8')) as object;
  const random = new Random(20261130);
  const read: EncoderFiles[] = [];
  let refused = 0;
  for (let i = 0; i < COUNT; i++) {
    const damaged = join(folder, String(i));
    await mkdir(damaged);
    const file = mutateBytes(sound, random, { first: 0, bytes: sound.length });
    await writeFile(join(damaged, 'model.onnx'), file);
    await copyFile(join(folder, 'sound', 'model.onnx.data'), join(damaged, 'model.onnx.data'));
    await writeFile(join(damaged, 'model.json'), JSON.stringify({ ...manifest, sha256: undefined }));
    const files = await readModel(join(damaged, 'model.onnx'), t);
    if (files) read.push(files);
    else refused++;
  }
  t.true(refused > COUNT / 4, `${refused} were refused`);
  const ends = new Map<string, number>();
  for (const files of read.filter((_, i) => i % STARTED_EVERY === 0)) {
    const end = await createEncoder({
      files,
      device: 'cpu',
      batchSize: 2,
      threads: 1,
      timeoutMs: 60_000,
    }).then(
      async (encoder) => {
        await encoder.stop();
        return 'ran';
      },
      (thrown: unknown) => {
        if (!(thrown instanceof BowerbirdError)) throw thrown;
        return thrown.code;
      },
    );
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  t.log({ refused, ...Object.fromEntries(ends) });
  for (const end of ends.keys()) t.regex(end, /^(ran|BB_MODEL_GRAPH|BB_EMBED_FAILED)$/);
});

/** A graph in a node's attribute, and so on: each length counts the bytes of all that it holds. */
function nestedGraphs(depth: number): Buffer {
  const [node, attribute, graph] = [0x0a, 0x2a, 0x32];
  const prefixes: Buffer[] = [];
  let bytes = 0;
  const wrap = (tag: number): void => {
    const prefix = [tag];
    for (let rest = bytes; ; rest >>>= 7) {
      if (rest < 0x80) {
        prefix.push(rest);
        break;
      }
      prefix.push((rest & 0x7f) | 0x80);
    }
    prefixes.push(Buffer.from(prefix));
    bytes += prefix.length;
  };
  for (let i = 0; i < depth; i++) for (const tag of [graph, attribute, node]) wrap(tag!);
  wrap(0x3a);
  return Buffer.concat(prefixes.reverse());
}

test('a model whose graphs hold each other deeper than any stack is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await writeOddModel(folder);
  const files = await resolveEncoder(folder);
  await writeFile(files.modelPath, nestedGraphs(50_000));
  t.throws(() => wrapModel(encoderSpec(files)), { code: 'BB_MODEL_GRAPH' });
  await t.throwsAsync(resolveEncoder(folder), { code: 'BB_MODEL_GRAPH' });
});
