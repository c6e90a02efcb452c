import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { packageFolder } from '../../src/base/package.ts';
import { loadHead } from '../../src/heads/load.ts';
import type { Tag } from '../../src/samples/tags.ts';

/** Made by scripts/make-head-fixtures.py. */
export const FIXTURES: string = join(packageFolder, 'test', 'heads', 'fixtures');

/** A temporary folder with these files; gone after the test. */
export async function filesIn(
  t: ExecutionContext,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-heads-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** The error that loading a head ends with. */
export async function refusal(path: string, tag: Tag = 'aesthetic'): Promise<BowerbirdError> {
  try {
    await loadHead(path, { tag });
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) return thrown;
    throw thrown;
  }
  throw new Error(`${path} was loaded`);
}

/** A JSON head with one linear layer, and what else is given. */
export function jsonHead(weights: readonly number[], bias: number, more: object = {}): string {
  return JSON.stringify({
    format: 'bowerbird-head',
    version: 1,
    layers: [{ weights: [weights], bias: [bias] }],
    ...more,
  });
}

/** A safetensors file. */
export function writeSafetensors(
  tensors: Readonly<Record<string, { dtype: string; shape: readonly number[]; bytes: Buffer }>>,
  metadata?: Readonly<Record<string, string>>,
): Buffer {
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const start = offset;
    offset += bytes.length;
    return [name, { dtype, shape, data_offsets: [start, offset] }] as const;
  });
  const header = Buffer.from(
    JSON.stringify({ ...(metadata && { __metadata__: metadata }), ...Object.fromEntries(entries) }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...Object.values(tensors).map(({ bytes }) => bytes)]);
}
