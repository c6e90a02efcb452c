import { readFile, stat } from 'node:fs/promises';
import { BowerbirdError, messageOf } from '../../base/errors.ts';
import { isObject, type JsonObject } from '../../base/json-object.ts';
import { requirePlainFile } from '../../base/plain-file.ts';
import type { Label } from '../../samples/label.ts';
import type { EncoderEntry, HeadEntry, ImageFacts, ModelEntry, ModelFile, TagModelEntry } from './entry.ts';
import { nameOfFile, problemsOfEntry } from './entry-shapes.ts';

/** A registry of thousands of models is far smaller. */
const MAX_REGISTRY_BYTES = 4 * 1024 * 1024;

const MAX_PROBLEMS_TOLD = 5;

/**
 * Reads the entries of a registry file (schemas/registry.schema.json).
 *
 * @throws BowerbirdError BB_MODEL_REGISTRY, saying which entries are wrong and how
 */
export async function readRegistryFile(path: string): Promise<readonly ModelEntry[]> {
  const raw = await readJson(path);
  if (!isObject(raw)) throw registryError(path, 'it is no JSON object');
  const { $schema = '', version, models, ...others } = raw;
  if (typeof $schema !== 'string') throw registryError(path, 'its $schema is no text');
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw registryError(path, `it has the unknown field ${JSON.stringify(unknown)}`);
  if (version !== 1)
    throw registryError(path, `its version is ${JSON.stringify(version)}, and version 1 is read`);
  if (!Array.isArray(models)) throw registryError(path, 'it has no list of models');
  const problems = models.flatMap((entry: unknown, i) =>
    problemsOfEntry(entry).map((problem) => `${nameForPerson(entry, i)} ${problem}`),
  );
  if (problems.length > 0) {
    const more = problems.length - MAX_PROBLEMS_TOLD;
    const told = problems.slice(0, MAX_PROBLEMS_TOLD).join('; ');
    throw registryError(path, more > 0 ? `${told}; and ${more} problems more` : told);
  }
  return models.map((entry) => entryFrom(entry as JsonObject));
}

/** A refusal of a registry file. */
export function registryError(path: string, problem: string, cause?: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_REGISTRY',
    `The registry ${path} cannot be used: ${problem}. docs/models.md says what it may hold.`,
    { cause, fields: { registry: path } },
  );
}

async function readJson(path: string): Promise<unknown> {
  try {
    requirePlainFile(path);
    const { size } = await stat(path);
    if (size > MAX_REGISTRY_BYTES)
      throw new RangeError(`it has ${size} bytes, more than ${MAX_REGISTRY_BYTES}`);
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (thrown) {
    throw registryError(path, `it cannot be read: ${messageOf(thrown)}`, thrown);
  }
}

function nameForPerson(entry: unknown, index: number): string {
  const name = isObject(entry) && typeof entry['name'] === 'string' ? entry['name'].slice(0, 128) : undefined;
  return name === undefined ? `entry ${index + 1}` : `the entry ${JSON.stringify(name)}`;
}

function entryFrom(raw: JsonObject): ModelEntry {
  const common = {
    name: raw['name'] as string,
    aliases: (raw['aliases'] as string[] | undefined) ?? [],
    description: raw['description'] as string,
    licence: raw['licence'] as string,
    ...(raw['page'] !== undefined && { page: raw['page'] as string }),
    files: (raw['files'] as JsonObject[]).map(fileFrom),
  };
  if (raw['kind'] === 'encoder')
    return { ...common, kind: 'encoder', ...imageFacts(raw), ...encoderFacts(raw) };
  if (raw['kind'] === 'head') return { ...common, kind: 'head', ...headFacts(raw) };
  return { ...common, kind: 'tag-model', ...imageFacts(raw), ...tagModelFacts(raw) };
}

function fileFrom(raw: JsonObject): ModelFile {
  const facts = {
    name: nameOfFile(raw),
    ...(raw['size_bytes'] !== undefined && { sizeBytes: raw['size_bytes'] as number }),
    ...(raw['sha256'] !== undefined && { sha256: raw['sha256'] as string }),
  };
  if ('url' in raw) return { ...facts, url: raw['url'] as string };
  return {
    ...facts,
    hub: raw['hub'] as string,
    revision: raw['revision'] as string,
    path: raw['path'] as string,
  };
}

function imageFacts(raw: JsonObject): ImageFacts {
  return {
    inputSizePx: raw['input_size'] as number,
    resize: raw['transform'] as ImageFacts['resize'],
    ...(raw['resize_size'] !== undefined && { resizeSizePx: raw['resize_size'] as number }),
    interpolation: raw['interpolation'] as ImageFacts['interpolation'],
    mean: raw['mean'] as [number, number, number],
    std: raw['std'] as [number, number, number],
    activation: raw['activation'] as ImageFacts['activation'],
  };
}

function encoderFacts(
  raw: JsonObject,
): Pick<EncoderEntry, 'dimension' | 'attentionHeads' | 'output' | 'aestheticHead'> {
  return {
    dimension: raw['dimension'] as number,
    ...(raw['attention_heads'] !== undefined && { attentionHeads: raw['attention_heads'] as number }),
    ...(raw['output'] !== undefined && { output: raw['output'] as string }),
    ...(raw['aesthetic_head'] !== undefined && { aestheticHead: raw['aesthetic_head'] as string }),
  };
}

function headFacts(raw: JsonObject): Pick<HeadEntry, 'tag' | 'encoder' | 'manifest'> {
  return {
    tag: raw['tag'] as HeadEntry['tag'],
    encoder: raw['encoder'] as string,
    manifest: (raw['manifest'] as JsonObject | undefined) ?? {},
  };
}

function tagModelFacts(
  raw: JsonObject,
): Pick<TagModelEntry, 'tag' | 'outputIndex' | 'outputActivation' | 'label'> {
  return {
    tag: raw['tag'] as TagModelEntry['tag'],
    outputIndex: raw['output_index'] as number,
    outputActivation: raw['output_activation'] as TagModelEntry['outputActivation'],
    ...(raw['label'] !== undefined && { label: raw['label'] as Label }),
  };
}
