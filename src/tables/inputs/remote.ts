import { codeOf } from '../../base/errors.ts';
import { TEMPORARY_SUFFIX } from '../../base/files.ts';
import { isShownPath, shownBelow } from '../../base/shown-names.ts';
import {
  askedAlike,
  isRemote,
  listedUrl,
  refuseAlike,
  rememberAlike,
  rememberUrl,
  type Storage,
  type StoredObject,
  shownUrl,
} from '../../storage/storage.ts';
import { storageOf } from '../../storage/storage-of.ts';
import { TableError } from '../errors.ts';
import { type FoundInput, type InputFormat, KNOWN_EXTENSIONS } from '../formats.ts';
import { expandBraces, patternsIn } from './braces.ts';
import { onlyOwn, onlyStore, unknownFormat } from './notes.ts';
import type { OwnOutput } from './own-output.ts';
import { StoredOutputs } from './stored-outputs.ts';
import { type FormatSearch, formatOf, inputsAmong, listedFormat } from './table-files.ts';

/** What of a listing is taken. */
export interface RemoteSearch extends FormatSearch {
  readonly output?: OwnOutput | undefined;
}

/** The same of files of any kind. */
export interface RemoteKind<Format> {
  /** What a file holds that is named outright. @throws where that cannot be told */
  readonly ofNamed: (url: string) => Format;
  /** What one holds that is listed; undefined where it is no input. */
  readonly ofListed: (url: string) => Format | undefined;
  /** Of files that a listing found those that are inputs; all where not given. */
  readonly chosen?: (
    files: readonly FoundInput<Format>[],
    pattern: string | undefined,
  ) => readonly FoundInput<Format>[];
  /** What the command writes: none of it is an input. */
  readonly output?: OwnOutput | undefined;
  /** What is looked for, as in "No ... is at". */
  readonly what: string;
}

/** What an input off this machine stands for. */
export interface RemoteFound<Format = InputFormat> {
  readonly files: readonly FoundInput<Format>[];
  /** What lies beside them and is no input. */
  readonly passedOver: readonly string[];
  /** Files that the command itself writes. */
  readonly own: readonly string[];
  /** Files of slices: they hold no rows that could be read as they are. */
  readonly inStores: readonly string[];
}

/** Signs that stand for others in a pattern. */
const WILDCARDS = /[*?[\]{}!()]/;
/** Those that are in no name, but by a slip. */
const SURE_WILDCARDS = /[*?]/;

/** Whether a URL is a pattern, or has names in braces. Behind the question mark of a web server's is its query, which has no part in it. */
function hasWildcards(url: string): boolean {
  return WILDCARDS.test(shownUrl(url));
}

/** Whether a URL is a pattern beyond doubt: other wildcards may be of a name. */
export function isSurelyPattern(url: string): boolean {
  return SURE_WILDCARDS.test(shownUrl(url));
}

const ASKED_AT_ONCE = 16;

/**
 * The files that a URL stands for, the first of these that is there: one file of that very name, a folder (a prefix with or without `/` behind it), names in braces, all of which must be
 * there, or a pattern, which means what it means on this machine. A pattern lists what lies below the part of it that has no wildcards. What is passed over by its name is what `expandInputs`
 * passes over on this machine; so are slices and what the command itself writes.
 *
 * @throws TableError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_OUTPUT_FOLDER; BowerbirdError BB_OUTPUT_UNFINISHED; StorageError
 */
export function expandRemote(url: string, search: RemoteSearch): Promise<RemoteFound> {
  return expandRemoteAs(url, {
    ofNamed: (file) => {
      const format = formatOf(shownUrl(file), search);
      if (format) return format;
      throw unknownFormat(shownUrl(file));
    },
    ofListed: (file) => listedFormat(file, search),
    chosen: inputsAmong,
    output: search.output,
    what: `input file (${KNOWN_EXTENSIONS})`,
  });
}

/** The same of files of another kind. @throws as `expandRemote` */
export async function expandRemoteAs<Format>(
  given: string,
  kind: RemoteKind<Format>,
): Promise<RemoteFound<Format>> {
  // What is listed is held against it.
  const url = listedUrl(rememberUrl(given));
  const storage = await storageOf(url);
  const plain = namesPlaces(url) ? undefined : await plainly(storage, url, kind);
  if (plain) return plain;
  if (!hasWildcards(url)) throw notFound(url, {}, kind.what);
  const named = await inBraces(storage, url, kind);
  if (named) return named;
  return namesPlaces(url) ? inPlaces(url, kind) : byPattern(storage, url, kind);
}

/** Braces that stand for buckets, hosts or repositories, of which none has such in its name: nothing is asked of one. */
const PLACES_IN_BRACES =
  /^(?:(?:s3|gs|https?):\/\/[^/{]*|hf:\/\/(?:(?:datasets|models|spaces)\/)?[^/{]*(?:\/[^/{]*)?)\{/i;

/** Whether a URL stands for several by the names of their places. */
export function namesPlaces(url: string): boolean {
  return PLACES_IN_BRACES.test(url) && expandBraces(url).length > 1;
}

/** The file or the folder of that very name; undefined where neither is there. */
async function plainly<Format>(
  storage: Storage,
  url: string,
  kind: RemoteKind<Format>,
): Promise<RemoteFound<Format> | undefined> {
  const found = url.endsWith('/') ? undefined : await storage.stat(url);
  if (found) return only([named(url, found, kind)]);
  // A web server lists nothing; who asks it for a folder is told so.
  if (/^https?:/i.test(url) && !url.endsWith('/')) return undefined;
  const prefix = url.endsWith('/') ? url : `${url}/`;
  return listed(storage, { input: url, prefix, matches: () => true, isShown: isShownPath }, kind);
}

/** What the names are that braces stand for; undefined where there are none, or one that is not there may be a pattern. @throws as `expandRemote` */
async function inBraces<Format>(
  storage: Storage,
  url: string,
  kind: RemoteKind<Format>,
): Promise<RemoteFound<Format> | undefined> {
  const names = namesInRemoteBraces(url);
  if (!names) return undefined;
  const found: RemoteFound<Format>[] = [];
  const missing: string[] = [];
  for (let at = 0; at < names.length; at += ASKED_AT_ONCE) {
    const asked = names.slice(at, at + ASKED_AT_ONCE);
    const all = await Promise.all(asked.map((name) => plainly(storage, name, kind)));
    for (const [place, name] of asked.entries()) {
      const one = all[place];
      if (one) found.push(one);
      else missing.push(name);
    }
  }
  if (missing.length === 0) return together(found);
  if (missing.some(hasWildcards)) return undefined;
  throw notAllThere(url, names.length, missing);
}

/** What a pattern finds in several places, in some of which it may find nothing. */
async function inPlaces<Format>(url: string, kind: RemoteKind<Format>): Promise<RemoteFound<Format>> {
  const found: RemoteFound<Format>[] = [];
  for (const pattern of patternsIn(url)) {
    const one = await expandRemoteAs(pattern, kind).catch((thrown: unknown) => {
      if (codeOf(thrown) !== 'BB_INPUT_NOT_FOUND') throw thrown;
    });
    if (one) found.push(one);
  }
  if (found.length > 0) return together(found);
  throw notFound(url, {}, kind.what);
}

async function byPattern<Format>(
  storage: Storage,
  url: string,
  kind: RemoteKind<Format>,
): Promise<RemoteFound<Format>> {
  const prefix = url.slice(0, url.slice(0, url.search(WILDCARDS)).lastIndexOf('/') + 1);
  const { default: picomatch } = await import('picomatch');
  const patterns = patternsIn(url.replace(/\/$/, ''));
  const isShown = shownBelow(patterns.flatMap((pattern) => pattern.slice(prefix.length).split('/')));
  // As `globBraced` has it of this machine.
  const matches = picomatch(patterns, { nobrace: true, posix: true });
  const found = await listed(storage, { input: url, pattern: url, prefix, matches, isShown }, kind);
  if (found) return found;
  throw notFound(url, {}, kind.what);
}

interface Listing {
  readonly input: string;
  /** Where it is one. */
  readonly pattern?: string;
  readonly prefix: string;
  readonly matches: (url: string) => boolean;
  /** Whether a path below the prefix is looked at. */
  readonly isShown: (path: string) => boolean;
}

/** Undefined where nothing at all lies below the prefix. */
async function listed<Format>(
  storage: Storage,
  { input, pattern, prefix, matches, isShown }: Listing,
  kind: RemoteKind<Format>,
): Promise<RemoteFound<Format> | undefined> {
  const { output, chosen = (all) => all } = kind;
  const outputs = new StoredOutputs(prefix, output);
  const seen: StoredObject[] = [];
  let hidden = 0;
  let isEmpty = true;
  for await (const object of storage.list(prefix)) {
    isEmpty = false;
    outputs.take(object.url);
    if (!matches(object.url)) continue;
    if (isShown(object.url.slice(prefix.length))) seen.push(object);
    else hidden++;
  }
  if (isEmpty) return undefined;
  await outputs.refuseUnfinished(storage, seen);
  const { files, passedOver, own, inStores } = sorted(seen, outputs, kind);
  const inputs = chosen(files, pattern);
  if (inputs.length === 0 && own.length > 0) throw onlyOwn(input, output!);
  if (inputs.length === 0 && inStores.length > 0) throw onlyStore(input);
  if (inputs.length === 0) throw notFound(input, { others: passedOver.length, hidden }, kind.what);
  const taken = new Set(inputs);
  const described = files.filter((file) => !taken.has(file)).map(({ path }) => path);
  return { files: inputs, passedOver: [...passedOver, ...described], own, inStores };
}

function sorted<Format>(seen: readonly StoredObject[], outputs: StoredOutputs, kind: RemoteKind<Format>) {
  const found = {
    files: [] as FoundInput<Format>[],
    passedOver: [] as string[],
    own: [] as string[],
    inStores: [] as string[],
  };
  for (const { url, bytes } of seen) {
    const format = kind.ofListed(url);
    if (outputs.isOwn(url)) found.own.push(url);
    else if (outputs.isInSlice(url)) found.inStores.push(url);
    else if (format) found.files.push({ path: rememberUrl(url), format, sizeBytes: bytes });
    else found.passedOver.push(url);
  }
  return found;
}

function only<Format>(files: readonly FoundInput<Format>[]): RemoteFound<Format> {
  return { files, passedOver: [], own: [], inStores: [] };
}

function together<Format>(found: readonly RemoteFound<Format>[]): RemoteFound<Format> {
  return {
    files: found.flatMap(({ files }) => files),
    passedOver: found.flatMap(({ passedOver }) => passedOver),
    own: found.flatMap(({ own }) => own),
    inStores: found.flatMap(({ inStores }) => inStores),
  };
}

/**
 * Refuses inputs of which the same is shown though others are asked for, those among them that braces stand for.
 *
 * @throws BowerbirdError BB_USAGE; TableError BB_USAGE
 */
export function refuseInputsAlike(inputs: readonly string[]): void {
  refuseAlike(inputs);
  refuseAlike(inputs.filter(isRemote).flatMap((url) => askedAlike(url, expandBraces(shownUrl(url)))));
}

/** The names that braces alone stand for; undefined where there are none, or patterns. @throws TableError BB_USAGE */
export function namesInRemoteBraces(url: string): readonly string[] | undefined {
  const shown = rememberUrl(url);
  const names = expandBraces(shown);
  if (names.length === 1 || names.some(isSurelyPattern)) return undefined;
  return rememberAlike(shown, names);
}

function notAllThere(input: string, count: number, missing: readonly string[]): TableError {
  return new TableError(
    'BB_INPUT_NOT_FOUND',
    `${input} stands for ${count} names, of which ${missing.length} are not there: ${missing.slice(0, 3).join(', ')}. Check the range.`,
    { fields: { input, missing: missing.length } },
  );
}

function named<Format>(
  url: string,
  { bytes }: StoredObject,
  { ofNamed }: RemoteKind<Format>,
): FoundInput<Format> {
  return { path: rememberUrl(url), format: ofNamed(url), sizeBytes: bytes };
}

/** @param found other files than are looked for, and such as are passed over by their names */
function notFound(
  input: string,
  { others = 0, hidden = 0 }: { readonly others?: number; readonly hidden?: number },
  what: string,
): TableError {
  const passed = `${hidden} are passed over by their names: folders, what begins with ".", what ends with ${TEMPORARY_SUFFIX}, "_temporary"`;
  const found = [
    ...(others > 0 ? [`${others} other files lie there.`] : []),
    ...(hidden > 0 ? [`${passed}.`] : []),
  ].join(' ');
  return new TableError(
    'BB_INPUT_NOT_FOUND',
    `No ${what} is at ${shownUrl(input)}. ${found || 'Nothing lies there.'} Check the URL or the pattern.`,
    { fields: { input: shownUrl(input) } },
  );
}
