import { isObject, type JsonObject } from '../../base/json-object.ts';
import type { TagName } from '../tags.ts';
import {
  type ColumnOrigin,
  type Facts,
  type HeadIdentity,
  isSameModel,
  type ModelOrigin,
  type NamedDigest,
  type Runtime,
  type ScoreOrigin,
  uniteModels,
  uniteOrigins,
} from './origin.ts';

/** The origins of scores by column; a column without any score has an empty list. */
export type ScoreOrigins = Readonly<Record<TagName, readonly ScoreOrigin[]>>;

/** Where the scores of a file come from. */
export interface Provenance {
  /** What made the embeddings of its rows, in the tags and metadata of runs where that is known. */
  readonly embeddings?: ModelOrigin;
  readonly scores: ScoreOrigins;
}

/** The key of Parquet's key-value metadata under which a file has its provenance (docs/formats.md). */
export const PROVENANCE_KEY = 'bowerbird.provenance';

const FORMAT = 'bowerbird-provenance';
const VERSION = 1;
const MAX_TEXT_CHARACTERS = 1 << 20;

/** Provenance as files have it: one line of JSON, the same for the same provenance. */
export function provenanceText(provenance: Provenance): string {
  return JSON.stringify(provenanceJson(provenance));
}

/** The same before it is made text. */
export function provenanceJson(provenance: Provenance): JsonObject {
  return { format: FORMAT, version: VERSION, ...shapeOf(provenance) };
}

/**
 * Reads what `provenanceText` wrote. Undefined for anything else, a later version too: of such a file it is not known where
 * its scores come from.
 */
export function parseProvenance(text: string): Provenance | undefined {
  if (text.length > MAX_TEXT_CHARACTERS) return undefined;
  try {
    return readProvenance(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** As `parseProvenance`, of JSON that was parsed. */
export function readProvenance(value: unknown): Provenance | undefined {
  if (!isObject(value) || value['format'] !== FORMAT || value['version'] !== VERSION) return undefined;
  try {
    return shapeOf(value);
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

/** The provenance of the rows of several files together. Embeddings are left out where models differ, or one is not stated. */
export function uniteProvenance(all: readonly Provenance[]): Provenance {
  const embeddings = all.map((one) => one.embeddings).reduce(uniteEmbeddings);
  const columns = new Set(all.flatMap(({ scores }) => Object.keys(scores)));
  return {
    ...(embeddings && { embeddings }),
    scores: Object.fromEntries(
      [...columns].map((column) => [
        column,
        uniteOrigins(all.flatMap(({ scores }) => (Object.hasOwn(scores, column) ? [scores[column]!] : []))),
      ]),
    ),
  };
}

function uniteEmbeddings(a: ModelOrigin | undefined, b: ModelOrigin | undefined): ModelOrigin | undefined {
  return a && b && isSameModel(a, b) ? uniteModels(a, b) : undefined;
}

/** The origins of a column's scores; undefined where the provenance has no word of the column. */
export function originsOf(
  provenance: Provenance | undefined,
  column: string,
): readonly ScoreOrigin[] | undefined {
  const found = Object.entries(provenance?.scores ?? {}).find(
    ([name]) => name.toLowerCase() === column.toLowerCase(),
  );
  return found?.[1];
}

/** The origins of a column of a file: what the file states, or else that it states nothing. */
export function columnOrigins(
  column: string,
  {
    provenance,
    fingerprint,
  }: { readonly provenance?: Provenance | undefined; readonly fingerprint?: string },
): readonly ScoreOrigin[] {
  const unstated: ColumnOrigin = {
    from: 'column',
    column,
    ...(fingerprint !== undefined && { input: fingerprint }),
  };
  return originsOf(provenance, column) ?? [unstated];
}

/** Known fields alone, in one order. @throws TypeError where one is missing or of another type */
function shapeOf({
  embeddings,
  scores,
}: {
  readonly embeddings?: unknown;
  readonly scores?: unknown;
}): Provenance {
  return {
    ...(embeddings !== undefined && { embeddings: shapeModel(object(embeddings)) }),
    scores: Object.fromEntries(
      Object.entries(object(scores)).map(([column, origins]) => [column, list(origins).map(shapeOrigin)]),
    ),
  };
}

function shapeOrigin(value: unknown): ScoreOrigin {
  const origin = object(value);
  const { from, head, encoder, stored, label, column, input } = origin;
  const labelled = label !== undefined && { label: shapeFacts(label) };
  if (from === 'model') return { from, ...shapeModel(origin), ...labelled };
  if (from === 'column') {
    return { from, column: text(column), ...(input !== undefined && { input: text(input) }) };
  }
  if (from !== 'head') throw new TypeError('an origin of a kind that is not known');
  return {
    from,
    head: shapeHead(head),
    encoder: encoder === null ? null : shapeModel(object(encoder)),
    ...(stored === true && { stored }),
    ...labelled,
  };
}

function shapeModel({ model, transform, crop, output, runtimes }: JsonObject): ModelOrigin {
  return {
    model: shapeNamed(model),
    ...(transform !== undefined && { transform: text(transform) }),
    ...(crop !== undefined && { crop: shapeFacts(crop) }),
    ...(output !== undefined && { output: shapeFacts(output) }),
    runtimes: list(runtimes).map(shapeRuntime),
  };
}

function shapeHead(value: unknown): HeadIdentity {
  const { computes } = object(value);
  return { ...shapeNamed(value), ...(computes !== undefined && { computes: text(computes) }) };
}

function shapeNamed(value: unknown): NamedDigest {
  const { name, digest } = object(value);
  return { name: text(name), digest: text(digest) };
}

function shapeRuntime(value: unknown): Runtime {
  const { name, version, provider } = object(value);
  return { name: text(name), version: text(version), provider: text(provider) };
}

function shapeFacts(value: unknown): Facts {
  const facts = object(value);
  if (Object.values(facts).every(isFact)) return facts as Facts;
  throw new TypeError('a setting that is neither text nor number');
}

function isFact(value: unknown): boolean {
  const isPlain = (one: unknown): boolean => typeof one === 'string' || typeof one === 'number';
  return isPlain(value) || (Array.isArray(value) && value.every(isPlain));
}

function object(value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw new TypeError('not an object');
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('not a list');
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('not a text');
}
