import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { BowerbirdError } from '../../../src/base/errors.ts';
import { convertWeights } from '../../../src/models/convert/convert-weights.ts';
import type { ConversionSpec } from '../../../src/models/convert/spec.ts';
import { writeSafetensors } from '../../heads/setup.ts';
import { FIXTURES, newFolder } from './reference.ts';

/** The error that a conversion ends with; it leaves nothing behind. */
export async function refusal(
  t: ExecutionContext,
  source: string,
  spec: Partial<ConversionSpec> = {},
): Promise<BowerbirdError> {
  const folder = await newFolder(t);
  const error = await t.throwsAsync(convertWeights(source, { name: 'x', ...spec }, join(folder, 'out')));
  t.true(error instanceof BowerbirdError, error?.message);
  t.deepEqual(await readdir(folder), []);
  return error as BowerbirdError;
}

/** A copy of a fixture without some of its files, and with others changed. */
export async function changed(
  t: ExecutionContext,
  fixture: string,
  change: Readonly<Record<string, ((text: string) => string) | undefined>>,
): Promise<string> {
  const folder = join(await newFolder(t), 'weights');
  await mkdir(folder);
  for (const name of await readdir(join(FIXTURES, fixture))) {
    const path = join(FIXTURES, fixture, name);
    if (!(name in change)) await copyFile(path, join(folder, name));
    else if (change[name]) await writeFile(join(folder, name), change[name](await readFile(path, 'utf8')));
  }
  return folder;
}

/** Changes fields of a JSON file. */
export function fields(values: object): (text: string) => string {
  return (text) => JSON.stringify({ ...(JSON.parse(text) as object), ...values });
}

type Tensors = Parameters<typeof writeSafetensors>[0];

/** A copy of a fixture whose one safetensors file holds what becomes of its tensors. */
export async function remade(
  t: ExecutionContext,
  fixture: string,
  remake: (tensors: Tensors) => Tensors,
): Promise<string> {
  const folder = await changed(t, fixture, {});
  const path = join(folder, 'model.safetensors');
  const file = await readFile(path);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const { __metadata__: _, ...entries } = header;
  const tensors = Object.entries(entries).map(([name, { dtype, shape, data_offsets: offsets }]) => {
    const [from, to] = offsets;
    return [name, { dtype, shape, bytes: file.subarray(start + from, start + to) }] as const;
  });
  await writeFile(path, writeSafetensors(remake(Object.fromEntries(tensors))));
  return folder;
}

/** CLIP's tensors with some more, or with others in the place of some, as a file. */
export function withTensors(t: ExecutionContext, more: Tensors): Promise<string> {
  return remade(t, 'clip-gelu', (tensors) => ({ ...tensors, ...more }));
}
