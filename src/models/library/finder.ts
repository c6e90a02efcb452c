import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Tag } from '../../samples/tags.ts';
import { resolveHead } from '../registry.ts';
import { type LibraryOptions, ModelLibrary } from './library.ts';
import type { TagSourceQuery } from './registry.ts';

/** Names that stand for what comes with bowerbird. */
const BUILT_IN = 'builtin';

/**
 * Models as they are asked for: by a path, by the name of what comes with bowerbird, or by a name of a registry. Registries
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

  /** What `resolveEncoder` takes. @throws as `ModelLibrary.encoder` */
  async encoder(nameOrPath: string): Promise<string> {
    return isHere(nameOrPath) ? nameOrPath : (await this.#open()).encoder(nameOrPath);
  }

  /** The file of a head. @throws as `ModelLibrary.tagSource` */
  async head(query: TagSourceQuery): Promise<string> {
    return isHere(query.name) ? resolveHead(query.name) : (await this.#open()).tagSource(query);
  }

  /** The file of the head that a registry has for an encoder of this name. @throws as `ModelLibrary.ownHead` */
  async ownHead(encoder: string, tag: Tag): Promise<string | undefined> {
    return (await this.#open()).ownHead(encoder, tag);
  }

  async close(): Promise<void> {
    await (await this.#library)?.close();
  }

  #open(): Promise<ModelLibrary> {
    this.#library ??= ModelLibrary.open(this.#options);
    return this.#library;
  }
}

/** Whether this is a path that is there, or the name of what comes with bowerbird. */
export function isHere(nameOrPath: string): boolean {
  return nameOrPath === BUILT_IN || existsSync(resolve(nameOrPath));
}
