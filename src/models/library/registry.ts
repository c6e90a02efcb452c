import { existsSync, realpathSync } from 'node:fs';
import { BowerbirdError } from '../../base/errors.ts';
import type { Tag } from '../../samples/tags.ts';
import type { EncoderEntry, HeadEntry, ModelEntry, TagModelEntry } from './entry.ts';
import { readRegistryFile, registryError } from './registry-file.ts';

/** What gives a tag: a head on embeddings, or a model on images. */
export type TagSource = HeadEntry | TagModelEntry;

/** What is asked for where a tag is to be computed. */
export interface TagSourceQuery {
  readonly name: string;
  /** undefined for a column that is no tag. */
  readonly tag: Tag | undefined;
  /** The name of the encoder whose embeddings there are; undefined where nobody knows it. */
  readonly encoder: string | undefined;
  /** What there is to make the tag of; both where nothing is said. */
  readonly from?: 'embeddings';
}

/** Prefixes by which clip-retrieval and open_clip say whose spelling follows. */
const SPELLING_PREFIX = /^(open_clip|hf-hub|hf_clip):/;

/** The models that are known by name. */
export class Registry {
  readonly entries: readonly ModelEntry[];

  private constructor(entries: readonly ModelEntry[]) {
    this.entries = entries;
  }

  /**
   * Reads registry files. No entry may take what another one is called by: a name that means another model than it does
   * elsewhere would give scores that nobody can compare.
   *
   * @throws BowerbirdError BB_MODEL_REGISTRY
   */
  static async read(paths: readonly string[]): Promise<Registry> {
    const found: Found[] = [];
    for (const path of distinct(paths)) {
      for (const entry of await readRegistryFile(path)) {
        const clash = clashOf({ entry, path }, found);
        if (clash) throw registryError(path, clash);
        found.push({ entry, path });
      }
    }
    const registry = new Registry(found.map(({ entry }) => entry));
    registry.#checkAestheticHeads(paths.at(-1)!);
    return registry;
  }

  encoder(name: string): EncoderEntry | undefined {
    const asked = name.replace(SPELLING_PREFIX, '');
    return this.entries.find(
      (entry): entry is EncoderEntry => entry.kind === 'encoder' && isCalled(entry, asked),
    );
  }

  /** All entries that a name stands for: an alias of heads may belong to one for each encoder. */
  called(name: string): readonly ModelEntry[] {
    const asked = name.replace(SPELLING_PREFIX, '');
    return this.entries.filter((entry) => isCalled(entry, asked));
  }

  /**
   * What a name stands for where a tag is wanted; undefined where it stands for nothing.
   *
   * @throws BowerbirdError BB_HEAD_MISMATCH where it stands for heads of other encoders alone, BB_USAGE where it may be
   *   one of several, or for an image model where there are embeddings alone
   */
  tagSource({ name, tag, encoder, from }: TagSourceQuery): TagSource | undefined {
    const called = this.called(name).filter((entry): entry is TagSource => entry.kind !== 'encoder');
    if (called.length === 0) return undefined;
    const fitting = called.filter((entry) => tag === undefined || entry.tag === tag);
    if (fitting.length === 0) throw otherTag(name, tag!, called[0]!.tag);
    const own = fitting.filter(
      (entry) => entry.kind === 'tag-model' || encoder === undefined || entry.encoder === encoder,
    );
    if (own.length === 1) {
      if (from === 'embeddings' && own[0]!.kind === 'tag-model') throw noPixels(name);
      return own[0];
    }
    throw own.length === 0 ? otherEncoder(name, encoder!, fitting) : ambiguous(name, own);
  }

  /** The head that comes with an encoder, by the encoder's own name. */
  ownHead(encoder: string, tag: Tag): HeadEntry | undefined {
    const entry = this.encoder(encoder);
    if (tag !== 'aesthetic' || entry?.aestheticHead === undefined) return undefined;
    return this.#headNamed(entry.aestheticHead);
  }

  #headNamed(name: string): HeadEntry | undefined {
    return this.entries.find((entry): entry is HeadEntry => entry.kind === 'head' && entry.name === name);
  }

  #checkAestheticHeads(path: string): void {
    for (const entry of this.entries) {
      if (entry.kind !== 'encoder' || entry.aestheticHead === undefined) continue;
      const head = this.#headNamed(entry.aestheticHead);
      if (head?.encoder === entry.name && head.tag === 'aesthetic') continue;
      throw registryError(
        path,
        `the aesthetic_head ${entry.aestheticHead} of ${entry.name} is no aesthetic head of that encoder`,
      );
    }
  }
}

function isCalled(entry: ModelEntry, name: string): boolean {
  return entry.name === name || entry.aliases.includes(name);
}

/** An entry, and the registry that has it. */
interface Found {
  readonly entry: ModelEntry;
  readonly path: string;
}

/** Each file once, however often and by whatever path it is named: the registry in the cache may be given by a flag, too. */
function distinct(paths: readonly string[]): readonly string[] {
  const byFile = new Map<string, string>();
  for (const path of paths) {
    const file = existsSync(path) ? realpathSync(path) : path;
    if (!byFile.has(file)) byFile.set(file, path);
  }
  return [...byFile.values()];
}

function clashOf({ entry, path }: Found, others: readonly Found[]): string | undefined {
  for (const name of [entry.name, ...entry.aliases]) {
    const owner = others.find((other) => isCalled(other.entry, name) && !mayShare(entry, other.entry, name));
    if (!owner) continue;
    const where = owner.path === path ? '' : ` of the registry ${owner.path}`;
    return entry.name === owner.entry.name
      ? `it has an entry ${name} beside the entry ${name}${where}, and one of the two has to go`
      : `${entry.name} is called ${name}, which is a name of the entry ${owner.entry.name}${where} already`;
  }
  return sharedFolder({ entry, path }, others);
}

/** A model's folder is called after it: where the file system does not tell case apart, two such models would have one folder. */
function sharedFolder({ entry, path }: Found, others: readonly Found[]): string | undefined {
  const folder = entry.name.toLowerCase();
  const owner = others.find((other) => other.entry.name.toLowerCase() === folder);
  if (!owner) return undefined;
  const where = owner.path === path ? '' : ` of the registry ${owner.path}`;
  return (
    `its entry ${entry.name} differs from the entry ${owner.entry.name}${where} by capital letters alone, and on some disks the ` +
    'two would have one folder in the cache. Give one of them another name'
  );
}

/** Heads of different encoders or tags may have an alias in common: which one is meant is told by the run. */
function mayShare(entry: ModelEntry, other: ModelEntry, name: string): boolean {
  if (entry.name === name || other.name === name) return false;
  if (entry.kind === 'encoder' || other.kind === 'encoder') return false;
  return entry.tag !== other.tag || encoderOf(entry) !== encoderOf(other);
}

function encoderOf(entry: TagSource): string | undefined {
  return entry.kind === 'head' ? entry.encoder : undefined;
}

/** A refusal of an image model where there are no images. */
export function noPixels(name: string): BowerbirdError {
  return new BowerbirdError(
    'BB_USAGE',
    `${name} is an image model, which takes pixels, and of stored embeddings there are none. Give a head.`,
    { fields: { model: name } },
  );
}

function otherTag(name: string, wanted: Tag, stated: Tag): BowerbirdError {
  return new BowerbirdError(
    'BB_HEAD_MISMATCH',
    `${name} gives ${stated}, but is asked for ${wanted}. \`bowerbird models list\` says what gives ${wanted}.`,
    { fields: { head: name, wanted, stated } },
  );
}

function otherEncoder(name: string, encoder: string, heads: readonly TagSource[]): BowerbirdError {
  const encoders = heads.map((head) => encoderOf(head)!);
  return new BowerbirdError(
    'BB_HEAD_MISMATCH',
    `${name} was trained on ${encoders.join(', ')}, but the encoder is ${encoder}: the scores would look right and mean ` +
      'nothing. Give a head of this encoder, or another --clip-model.',
    { fields: { head: name, encoder, encoders } },
  );
}

function ambiguous(name: string, entries: readonly TagSource[]): BowerbirdError {
  const names = entries.map((entry) => entry.name);
  return new BowerbirdError(
    'BB_USAGE',
    `${name} may be any of ${names.join(', ')}, by the encoder that made the embeddings. Give one of these names.`,
    { fields: { name, names } },
  );
}
