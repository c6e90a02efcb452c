import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BowerbirdError } from '../../base/errors.ts';
import type { Tag } from '../../samples/tags.ts';
import { localCopy } from '../../storage/local-copy.ts';
import { isRemote, rememberUrl } from '../../storage/storage.ts';
import { PLAIN_VARIANT } from '../convert/spec.ts';
import { isImageModel, resolveHead } from '../registry.ts';
import { cacheFolder } from './cache.ts';
import { type LibraryOptions, ModelLibrary } from './library.ts';
import { areWeights, convertedWeights } from './own-weights.ts';
import { noPixels, type TagSourceQuery } from './registry.ts';

/** Names that stand for what comes with bowerbird. */
const BUILT_IN = 'builtin';

/**
 * Models as they are asked for: by a path or URL, by the name of what comes with bowerbird, or by a name of a registry. Registries
 * are read, and hosts asked, only where that is needed.
 */
export class ModelFinder {
  readonly #options: LibraryOptions;
  #library: Promise<ModelLibrary> | undefined;

  private constructor(options: LibraryOptions) {
    this.#options = options;
  }

  /** @throws BowerbirdError BB_MODEL_REGISTRY for a registry that is named and cannot be used */
  static async open(options: LibraryOptions): Promise<ModelFinder> {
    const finder = new ModelFinder(options);
    if (options.registryFile !== undefined) await finder.#open();
    return finder;
  }

  /** What `resolveEncoder` takes; weights are converted. @throws as `ModelLibrary.encoder` and `convertedWeights` */
  async encoder(given: string): Promise<string> {
    const nameOrPath = await this.#local(given);
    if (!isHere(nameOrPath)) return (await this.#open()).encoder(nameOrPath);
    if (nameOrPath === BUILT_IN || !areWeights(nameOrPath)) return nameOrPath;
    const { environment, onNote, signal, variant = PLAIN_VARIANT } = this.#options;
    return convertedWeights(nameOrPath, { cache: cacheFolder(environment), variant, onNote, signal });
  }

  /** Refuses a name that stands for nothing. Nothing is fetched. @throws BowerbirdError BB_MODEL_UNKNOWN */
  async refuseUnknown(name: string): Promise<void> {
    if (isRemote(name)) return;
    if (!isHere(name)) (await this.#open()).called(name);
  }

  /** Refuses what `head` would refuse by name alone. Nothing is fetched, but for what a URL leads to. @throws as `head` */
  async checkHead(given: TagSourceQuery): Promise<void> {
    const query = { ...given, name: await this.#local(given.name) };
    if (!isHere(query.name)) (await this.#open()).entryOf(query);
    else refuseUnfit(query, await resolveHead(query.name));
  }

  /** The file of a head, or an image model's. @throws as `ModelLibrary.tagSource` */
  async head(given: TagSourceQuery): Promise<string> {
    const query = { ...given, name: await this.#local(given.name) };
    await this.checkHead(query);
    return isHere(query.name) ? resolveHead(query.name) : (await this.#open()).tagSource(query);
  }

  /** The file of the head that a registry has for an encoder of this name. @throws as `ModelLibrary.ownHead` */
  async ownHead(encoder: string, tag: Tag): Promise<string | undefined> {
    return (await this.#open()).ownHead(encoder, tag);
  }

  async close(): Promise<void> {
    await (await this.#library)?.close();
  }

  /** The path of a copy of what a URL leads to; anything else as it is. */
  async #local(nameOrPath: string): Promise<string> {
    const url = rememberUrl(nameOrPath);
    if (!isRemote(url)) return nameOrPath;
    if (!this.#options.isOffline) return localCopy(url, this.#options.onNote);
    throw new BowerbirdError(
      'BB_MODEL_OFFLINE',
      `${url} cannot be fetched with --offline. Fetch it before, and give its path.`,
      { fields: { path: url } },
    );
  }

  #open(): Promise<ModelLibrary> {
    this.#library ??= ModelLibrary.open(this.#options);
    return this.#library;
  }
}

/** Of a folder of weights nobody knows what its values are. */
function refuseUnfit({ name, from }: TagSourceQuery, path: string): void {
  if (!isImageModel(path)) return;
  if (from === 'embeddings') throw noPixels(name);
  if (!areWeights(path)) return;
  throw new BowerbirdError(
    'BB_MODEL_MANIFEST',
    `${name} holds weights, which do not say which of their values is the score. Turn them into a model that does with ` +
      `\`bowerbird models convert ${name} --to FOLDER --tag TAG\`, and give that folder.`,
    { fields: { path } },
  );
}

/** Whether this is a path that is there, or the name of what comes with bowerbird. */
export function isHere(nameOrPath: string): boolean {
  return nameOrPath === BUILT_IN || existsSync(resolve(nameOrPath));
}
