import { fileURLToPath } from 'node:url';
import { BowerbirdError } from '../base/errors.ts';
import { isRemote, refuseAlike, rememberUrl, shownText, shownUrl } from '../storage/storage.ts';

/** Flags and positionals whose values may be addresses or any text: they are no paths. */
const NO_PATHS = [
  ...[
    '_',
    '$0',
    'url',
    'text',
    'hashes',
    'where',
    'token',
    'cors-origin',
    'user-agent-token',
    'user-agent-contact',
  ],
  ...['endpoint', 'map', 'next', 'source', 'what'],
];

/** How files come here from where a scheme leads, and how they go back: `FROM` and `TO` stand for the two places. */
const COPIES: Readonly<Record<string, string>> = {
  s3: 'aws s3 cp --recursive FROM TO',
  s3a: 'aws s3 cp --recursive FROM TO',
  s3n: 'aws s3 cp --recursive FROM TO',
  gs: 'gcloud storage cp -r FROM TO',
  gcs: 'gcloud storage cp -r FROM TO',
  hf: 'hf download NAME --local-dir TO',
  'hf://datasets': 'hf download --repo-type dataset NAME --local-dir TO',
  az: 'azcopy copy FROM TO --recursive',
  abfs: 'azcopy copy FROM TO --recursive',
  abfss: 'azcopy copy FROM TO --recursive',
  hdfs: 'hdfs dfs -get FROM TO',
  http: 'curl -O FROM',
  https: 'curl -O FROM',
  ftp: 'curl -O FROM',
};

/** Before the path in `--extra-head NAME=FILE`. */
const NAME = /^[\w-]+=/;

/** Names of flags and positionals whose values may lead off this machine. */
interface RemotePaths {
  readonly storedRuns?: readonly string[] | undefined;
  readonly remoteInputs?: readonly string[] | undefined;
  /** Names of flags that take the address of a server: who reads them says what is wrong with them. */
  readonly addresses?: readonly string[] | undefined;
}

/**
 * Refuses paths that lead off this machine: taken as file names they would make a folder called `s3:`, or match nothing.
 *
 * @param values of flags and positionals, by name
 * @param allowed names of those that may lead to a run in object storage, or to where files are read from
 * @throws BowerbirdError BB_REMOTE_PATH
 */
export function refuseRemotePaths(
  values: Readonly<Record<string, unknown>>,
  { storedRuns = [], remoteInputs = [], addresses = [] }: RemotePaths = {},
): void {
  for (const [name, value] of Object.entries(values)) {
    if (NO_PATHS.includes(name) || addresses.includes(name)) continue;
    const isAllowed = (path: string): boolean =>
      (storedRuns.includes(name) && isStoredRun(path)) ||
      (remoteInputs.includes(name) && isPlace(path.replace(NAME, '')));
    for (const part of [value].flat()) {
      if (typeof part !== 'string') continue;
      refuseCredentials(part);
      refuseLostSlash(part);
      refuseUnreadable(part);
      if (isAllowed(part)) continue;
      if (storedRuns.includes(name)) refusePlaceToWrite(part);
      refuseRemotePath(part);
    }
  }
}

/** Values in which `file://` URLs are the paths that they stand for. */
export function withFilePaths(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const pathOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(pathOf);
    if (typeof value !== 'string') return value;
    const [, name = '', url] = /^([\w-]+=)?(file:\/\/\/.*)$/is.exec(value) ?? [];
    return url === undefined ? value : name + fileURLToPath(url);
  };
  const isPath = (name: string): boolean => !NO_PATHS.includes(name);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isPath(name) ? pathOf(value) : value]),
  );
}

/** Values whose URLs have nothing secret in them; what was asked for is kept for this process alone. @throws BowerbirdError BB_USAGE as `refuseAlike` */
export function shownValues(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  refuseAlike(urlsIn(Object.values(values)));
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shownValue(value)]));
}

function urlsIn(values: readonly unknown[]): string[] {
  const texts = values.flat().filter((value) => typeof value === 'string');
  return texts.map((text) => text.replace(NAME, '')).filter(isRemote);
}

function shownValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shownValue);
  if (typeof value !== 'string') return value;
  const [name = ''] = NAME.exec(value) ?? [];
  return isRemote(value.slice(name.length)) ? name + rememberUrl(value.slice(name.length)) : value;
}

function isPlace(path: string): boolean {
  return isRemote(path) && /:\/\/[^/]/.test(path);
}

/** Whether a path leads to object storage that runs can be kept in. */
export function isStoredRun(path: string): boolean {
  return /^(s3|gs):\/\/[^/]+\/./.test(path);
}

/** Where they stand in a URL of object storage they would be passed over. No name of a bucket has a colon. */
function refuseCredentials(given: string): void {
  if (!/^(?:[\w-]+=)?(?:s3|gs):\/\/[^/]*[@:]/i.test(given)) return;
  const path = shownText(given);
  throw new BowerbirdError(
    'BB_REMOTE_PATH',
    `${path} was given with credentials before the bucket. Put them in the environment (docs/storage.md), and leave them out of the URL.`,
    { fields: { path } },
  );
}

/** What joins paths takes one of two slashes away; a folder called `s3:` is what nobody wants. */
function refuseLostSlash(given: string): void {
  const [, scheme, rest] = /^(?:[\w-]+=)?(s3|gs|hf|https?):\/([^/].*)$/is.exec(given) ?? [];
  if (scheme === undefined) return;
  const path = shownText(given);
  throw new BowerbirdError(
    'BB_REMOTE_PATH',
    `${path} lacks a slash: ${shownUrl(`${scheme}://${rest}`)} is the URL.`,
    {
      fields: { path },
    },
  );
}

/** Of a web server: no host can be told in it, mostly since a password holds signs that end it. */
function refuseUnreadable(given: string): void {
  const url = given.replace(NAME, '');
  if (!/^https?:\/\//i.test(url)) return;
  const path = shownText(given);
  if (URL.canParse(url) && !path.endsWith('://...')) return;
  throw new BowerbirdError(
    'BB_REMOTE_PATH',
    `${path} cannot be read: its host cannot be told. In a user or password @ is written %40, / is %2F, : is %3A, ? is %3F and # is %23.`,
    { fields: { path } },
  );
}

/** Of a place where a run or an output could lie, were it another URL. */
function refusePlaceToWrite(given: string): void {
  if (!isRemote(given)) return;
  const path = shownText(given);
  const isBucket = /^(s3|gs):/i.test(path);
  throw new BowerbirdError(
    'BB_REMOTE_PATH',
    isBucket
      ? `${path} names no prefix below a bucket. Give one, such as s3://BUCKET/PREFIX, with the scheme in small letters.`
      : `${path} is no place for runs and outputs: of URLs those of s3:// and gs:// are. Give one of these, or a folder of this machine.`,
    { fields: { path } },
  );
}

/** @throws BowerbirdError BB_REMOTE_PATH */
export function refuseRemotePath(given: string): void {
  const path = shownText(given);
  // Also in `--extra-head NAME=FILE`.
  const [, scheme] = /^(?:[\w-]+=)?([a-z][a-z0-9+.-]+):\/\//i.exec(path) ?? [];
  if (scheme === undefined) return;
  throw new BowerbirdError(
    'BB_REMOTE_PATH',
    `${path} is no path of this machine. ${adviceOn(scheme.toLowerCase(), path)}`,
    {
      fields: { path, scheme },
    },
  );
}

function adviceOn(scheme: string, path: string): string {
  if (scheme === 'file') return `Give the path alone: ${path.replace(/^(.*?)file:\/\//i, '$1')}.`;
  const local = isRemote(path)
    ? 'A path of this machine is needed here; docs/storage.md says where URLs can be given'
    : `bowerbird does not read ${scheme}://`;
  const isDataset = /^hf:\/\/datasets\//i.test(path);
  const copy = COPIES[isDataset ? 'hf://datasets' : scheme];
  const example = copy ? `, for example with \`${copy.replace('FROM', path.replace(/^[\w-]+=/, ''))}\`,` : '';
  return `${local}. Copy the files here first${example} or mount the place and give its path; write to a local folder and copy that.`;
}
