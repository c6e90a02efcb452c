import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SYSTEM_CLOCK } from '../../base/clock.ts';
import { BowerbirdError } from '../../base/errors.ts';
import { packageFolder } from '../../base/package.ts';
import { createFileClient, type FileClient, type FileClientOptions } from '../../download/file-client.ts';
import type { Tag } from '../../samples/tags.ts';
import { PLAIN_VARIANT, type Variant } from '../convert/spec.ts';
import { digestFile } from '../digest.ts';
import { encoderManifest, headManifest, writeBeside } from './beside.ts';
import { cacheFolder, ownRegistry } from './cache.ts';
import { type ConversionTools, convertedFolder, convertedModel } from './converted.ts';
import type { EncoderEntry, HeadEntry, ModelEntry, TagModelEntry } from './entry.ts';
import { bringIntoCache, type FetchTools, findInCache, type LocalModel } from './fetch-entry.ts';
import { type Origins, originsFrom } from './origins.ts';
import { progressNotes } from './progress-notes.ts';
import { Registry, type TagSource, type TagSourceQuery } from './registry.ts';
import type { TransferProgress, TransferTools } from './transfer.ts';

export type { LocalModel } from './fetch-entry.ts';

/** How models are looked up and fetched. */
export interface LibraryOptions {
  /** A registry file beside those that come with bowerbird and the one in the cache. */
  readonly registryFile?: string | undefined;
  /** Touches no network. */
  readonly isOffline: boolean;
  /** How weights are written as ONNX; `PLAIN_VARIANT` where nothing is said. */
  readonly variant?: Variant | undefined;
  /** How models are fetched, certificates and all. */
  readonly network: Omit<FileClientOptions, 'trustedOrigin'>;
  /** Where cache, mirror, tokens and proxies are looked for. */
  readonly environment: NodeJS.ProcessEnv;
  /** Told of what takes a while, a sentence each. */
  readonly onNote: (note: string) => void;
  /** Called with each piece that arrives; where not given, `onNote` is told now and then. */
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a library is made of, where it is not to be the usual. */
export interface LibraryParts {
  readonly hubOrigin: string;
  readonly sleep: TransferTools['sleep'];
}

/** The models that are known by name, and their files on this machine. */
export class ModelLibrary {
  readonly registry: Registry;
  readonly cache: string;
  readonly #options: LibraryOptions;
  readonly #sleep: TransferTools['sleep'];
  readonly #origins: Origins;
  #client: FileClient | undefined;

  private constructor(registry: Registry, options: LibraryOptions, parts: Partial<LibraryParts>) {
    this.registry = registry;
    this.cache = cacheFolder(options.environment);
    this.#options = options;
    this.#sleep = parts.sleep ?? ((ms, signal) => sleep(ms, undefined, signal && { signal }));
    const origins = originsFrom(options.environment);
    this.#origins = parts.hubOrigin === undefined ? origins : { ...origins, hubOrigin: parts.hubOrigin };
  }

  /** Reads the registries. @throws BowerbirdError BB_MODEL_REGISTRY, BB_USAGE */
  static async open(options: LibraryOptions, parts: Partial<LibraryParts> = {}): Promise<ModelLibrary> {
    const own = ownRegistry(cacheFolder(options.environment));
    const registry = await Registry.read([
      ...builtInRegistries(),
      ...(own === undefined ? [] : [own]),
      ...(options.registryFile === undefined ? [] : [options.registryFile]),
    ]);
    return new ModelLibrary(registry, options, parts);
  }

  /** The entries of a name. @throws BowerbirdError BB_MODEL_UNKNOWN */
  called(name: string): readonly ModelEntry[] {
    const entries = this.registry.called(name);
    if (entries.length === 0) throw this.unknown('model', name);
    return entries;
  }

  /** A model's files where they are all in the cache. */
  async find(entry: ModelEntry): Promise<LocalModel | undefined> {
    return findInCache(this.cache, entry);
  }

  /** Has a model ready to be loaded; gives its path. @throws as `fetch` */
  async prepare(entry: ModelEntry): Promise<string> {
    if (entry.kind === 'tag-model' && isOnnx(entry)) throw tagModelError(entry);
    const local = await this.fetch(entry);
    return entry.kind === 'head' ? readyHead(entry, local) : this.#readyImageModel(entry, local);
  }

  /**
   * Reads a model's files again and holds them against what they were when they were fetched.
   *
   * @throws BowerbirdError BB_MODEL_DIGEST, and as `fetch`
   */
  async verify(entry: ModelEntry): Promise<LocalModel> {
    const local = await this.fetch(entry);
    for (const [i, path] of local.paths.entries()) {
      const stated = local.fetched[i]!.sha256;
      const found = await digestFile(path);
      if (found !== stated) throw damagedError(path, found, stated);
    }
    return local;
  }

  /** A model's files, fetched where they are not in the cache. @throws as `bringIntoCache` */
  async fetch(entry: ModelEntry): Promise<LocalModel> {
    return bringIntoCache(entry, this.#fetchTools());
  }

  /**
   * The folder or file of the encoder of a name, ready to be loaded.
   *
   * @throws BowerbirdError BB_MODEL_UNKNOWN, and as `fetch`
   */
  async encoder(name: string): Promise<string> {
    const entry = this.registry.encoder(name);
    if (!entry) throw this.unknown('encoder', name);
    return this.prepare(entry);
  }

  /**
   * The file of what gives a tag, with what it does not say beside it.
   *
   * @throws BowerbirdError BB_MODEL_UNKNOWN, BB_HEAD_MISMATCH, BB_USAGE, and as `fetch`
   */
  async tagSource(query: TagSourceQuery): Promise<string> {
    return this.prepare(this.entryOf(query));
  }

  /** What a name stands for where a tag is wanted. @throws BowerbirdError BB_MODEL_UNKNOWN, BB_HEAD_MISMATCH, BB_USAGE */
  entryOf(query: TagSourceQuery): TagSource {
    const entry = this.registry.tagSource(query);
    if (!entry) throw this.unknown('head', query.name);
    return entry;
  }

  /** The file of the head that comes with an encoder; undefined where none does. @throws as `fetch` */
  async ownHead(encoder: string, tag: Tag): Promise<string | undefined> {
    const entry = this.registry.ownHead(encoder, tag);
    return entry && this.prepare(entry);
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  unknown(what: string, name: string): BowerbirdError {
    return new BowerbirdError(
      'BB_MODEL_UNKNOWN',
      `There is no ${what} ${JSON.stringify(name)}: it is neither a file nor a name of a registry. ` +
        '`bowerbird models list` has the names; docs/models.md says how to add one.',
      { fields: { name } },
    );
  }

  async #readyImageModel(entry: EncoderEntry | TagModelEntry, local: LocalModel): Promise<string> {
    const [model] = local.paths;
    if (entry.kind === 'tag-model' || !isOnnx(entry))
      return convertedModel(entry, local, this.#conversionTools());
    await writeBeside(`${model!.replace(/\.onnx$/, '')}.json`, encoderManifest(entry));
    return model!;
  }

  /** The ONNX model that was made of an entry's weights; undefined where none was, or where none has to be. */
  converted(entry: ModelEntry): string | undefined {
    if (entry.kind === 'head' || isOnnx(entry)) return undefined;
    const folder = convertedFolder(entry, { cache: this.cache, variant: this.#variant });
    const path = join(folder, 'model.onnx');
    return existsSync(path) ? path : undefined;
  }

  get #variant(): Variant {
    return this.#options.variant ?? PLAIN_VARIANT;
  }

  #conversionTools(): ConversionTools {
    const { onNote, signal } = this.#options;
    return { cache: this.cache, variant: this.#variant, onNote, signal };
  }

  #fetchTools(): FetchTools {
    const { isOffline, onNote, signal } = this.#options;
    return { cache: this.cache, isOffline, onNote, signal, openTransfer: () => this.#transferTools() };
  }

  #transferTools(): TransferTools {
    const { network, environment, signal } = this.#options;
    const onProgress = this.#options.onProgress ?? progressNotes(this.#options.onNote, SYSTEM_CLOCK);
    const { mirror } = this.#origins;
    const trustedOrigin = mirror?.kind === 'url' ? mirror.origin : undefined;
    this.#client ??= createFileClient({ ...network, trustedOrigin }, { environment });
    return { client: this.#client, origins: this.#origins, signal, onProgress, sleep: this.#sleep };
  }
}

function damagedError(path: string, found: string, stated: string): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_DIGEST',
    `${path} has the sha256 ${found}, but had ${stated} when it was fetched. Remove it, and fetch the model again.`,
    { fields: { path, digest: found, expected: stated } },
  );
}

function isOnnx({ files }: ModelEntry): boolean {
  return files[0]!.name.endsWith('.onnx');
}

async function readyHead(entry: HeadEntry, { paths: [path] }: LocalModel): Promise<string> {
  await writeBeside(`${path}.json`, headManifest(entry));
  return path!;
}

/** Refused before anything is fetched. */
function tagModelError({ name, tag }: TagModelEntry): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_GRAPH',
    `${name} gives ${tag} of images and is published as ONNX, of which a registry does not say enough. Fetch the file, and ` +
      'give its path with a manifest beside it (docs/encoders.md).',
    { fields: { model: name } },
  );
}

/** The registries that come with bowerbird. */
function builtInRegistries(): readonly string[] {
  const folder = join(packageFolder, 'assets', 'registry');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}
