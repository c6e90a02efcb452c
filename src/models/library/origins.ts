import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { BowerbirdError } from '../../base/errors.ts';
import { requirePlainFile } from '../../base/plain-file.ts';
import type { ModelFile } from './entry.ts';

const HUB_ORIGIN = 'https://huggingface.co';

/** Where files are asked for. */
export interface Origins {
  /** The hub's, which alone may see the hub's token. */
  readonly hubOrigin: string;
  /** undefined: at the places that the registry names. */
  readonly mirror: Mirror | undefined;
  readonly hubToken: string | undefined;
}

/** A place that holds copies of all files. */
export type Mirror =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'url'; readonly base: string; readonly origin: string };

/** Where one file is to be had. */
export type Place =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string; readonly isHub: boolean };

/**
 * Reads from the environment where files are asked for: BOWERBIRD_MODEL_MIRROR, HF_TOKEN.
 *
 * @throws BowerbirdError BB_USAGE
 */
export function originsFrom(environment: NodeJS.ProcessEnv): Origins {
  return {
    hubOrigin: HUB_ORIGIN,
    mirror: mirrorFrom(environment['BOWERBIRD_MODEL_MIRROR']),
    hubToken: hubToken(environment),
  };
}

/**
 * Where a file is to be had. A mirror by address has the hub's files as the hub has them, so that any proxy of the hub
 * will do, and all others under their host; a mirror in a folder has the hub's under `owner/name`, as `hf download` and
 * git write them.
 */
export function placeOf(file: ModelFile, { hubOrigin, mirror }: Origins): Place {
  if (mirror?.kind === 'folder') return { kind: 'file', path: join(mirror.path, ...folderParts(file)) };
  if ('url' in file) {
    const { host, pathname } = new URL(file.url);
    return { kind: 'url', url: mirror ? `${mirror.base}/${host}${pathname}` : file.url, isHub: false };
  }
  const path = `${file.hub}/resolve/${file.revision}/${file.path}`;
  return { kind: 'url', url: `${mirror?.base ?? hubOrigin}/${path}`, isHub: mirror === undefined };
}

function folderParts(file: ModelFile): readonly string[] {
  if (!('url' in file)) return [file.hub, file.path];
  const { host, pathname } = new URL(file.url);
  return [host, decodeURIComponent(pathname)];
}

function mirrorFrom(value: string | undefined): Mirror | undefined {
  if (!value) return undefined;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return { kind: 'folder', path: resolve(value) };
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search;
  // What it says may hold a password, and is not repeated.
  if (!url || !isPlain)
    throw new BowerbirdError(
      'BB_USAGE',
      'BOWERBIRD_MODEL_MIRROR is neither a folder nor an http or https URL without a user name and a query.',
      { fields: { variable: 'BOWERBIRD_MODEL_MIRROR' } },
    );
  return { kind: 'url', base: url.origin + url.pathname.replace(/\/+$/, ''), origin: url.origin };
}

/** As huggingface_hub looks for it: the variables, then the file that `hf auth login` writes. */
function hubToken(environment: NodeJS.ProcessEnv): string | undefined {
  const stated = environment['HF_TOKEN']?.trim() || environment['HUGGING_FACE_HUB_TOKEN']?.trim();
  const token = stated || tokenFile(environment)?.trim();
  if (!token) return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new BowerbirdError(
    'BB_USAGE',
    'The token of the Hugging Face hub (HF_TOKEN, or the file of `hf auth login`) has characters that no token has.',
  );
}

function tokenFile(environment: NodeJS.ProcessEnv): string | undefined {
  const path = tokenPath(environment);
  try {
    requirePlainFile(path);
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function tokenPath(environment: NodeJS.ProcessEnv): string {
  const stated = (variable: string): string | undefined => {
    const path = environment[variable]?.replace(/^~(?=\/|$)/, homedir());
    return path && isAbsolute(path) ? path : undefined;
  };
  const caches = stated('XDG_CACHE_HOME') ?? join(homedir(), '.cache');
  return stated('HF_TOKEN_PATH') ?? join(stated('HF_HOME') ?? join(caches, 'huggingface'), 'token');
}
