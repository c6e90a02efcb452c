import { isShownPath } from '../base/shown-names.ts';
import { type CompanionFile, readCompanions } from './companions.ts';
import { COMPANION_EXTENSIONS, isMetadataName } from './folder.ts';
import { isImageName, splitName } from './image-names.ts';
import type { Listing } from './listing.ts';
import type { PictureRow } from './picture-row.ts';

/** An object below a prefix. */
export interface FolderObject {
  /** From the prefix, with `/` between names. */
  readonly path: string;
  readonly bytes: number;
  readonly tag?: string | undefined;
}

/** How objects are listed. */
export interface ObjectFolder {
  /** In the order of their names' bytes. */
  readonly objects: AsyncIterable<FolderObject>;
  /** How the text of an object beside an image is read. */
  readonly companion: (object: FolderObject) => CompanionFile;
  /** Whether what reading a text throws ends the listing; else the text is left out. */
  readonly isFatal: (thrown: unknown) => boolean;
}

/** Images of which the texts beside them are read at one time. */
const IMAGES_AT_ONCE = 64;

/**
 * The images among objects, as `listFolder` gives those of a folder: the same rows, in the same order. In memory are images whose names so
 * far leave open what stands beside them, and 64 that are read.
 */
export async function* listObjects(folder: ObjectFolder, listing: Listing): AsyncGenerator<PictureRow> {
  yield* inCodeUnits(rowsOf(folder, pairedImages(folder.objects, listing), listing));
}

/** What has one name but for its extension. */
interface Group {
  /** With the point at its end: all names that begin so follow one another. */
  readonly lead: string;
  readonly beside: Map<string, FolderObject>;
  hasImage: boolean;
  isClosed: boolean;
}

interface Image {
  readonly object: FolderObject;
  readonly group: Group;
}

/** The images, each once all objects that may stand beside it have passed. */
async function* pairedImages(objects: AsyncIterable<FolderObject>, listing: Listing): AsyncGenerator<Image> {
  const open = new Map<string, Group>();
  let waiting: Image[] = [];
  const close = (path: string | undefined): void => {
    for (const group of open.values()) {
      if (path?.startsWith(group.lead)) continue;
      open.delete(group.lead);
      group.isClosed = true;
      if (!group.hasImage) for (const { path: text } of group.beside.values()) listing.passOver(text);
    }
  };
  const ready = (): Image[] => {
    const first = waiting.findIndex(({ group }) => !group.isClosed);
    const images = first === -1 ? waiting : waiting.slice(0, first);
    waiting = first === -1 ? [] : waiting.slice(first);
    return images;
  };
  for await (const object of objects) {
    if (!isShownPath(object.path)) continue;
    close(object.path);
    if (waiting[0]?.group.isClosed) yield* ready();
    const slash = object.path.lastIndexOf('/') + 1;
    const name = object.path.slice(slash);
    const { stem, extension } = splitName(name);
    const isText = COMPANION_EXTENSIONS.includes(extension);
    if (isImageName(name) || isText) {
      const lead = `${object.path.slice(0, slash)}${stem}.`;
      const group = open.get(lead) ?? { lead, beside: new Map(), hasImage: false, isClosed: false };
      open.set(lead, group);
      if (isText) group.beside.set(extension, object);
      else waiting.push({ object, group });
      group.hasImage ||= !isText;
    } else if (isMetadataName(name)) listing.metadata.push(object.path);
    else listing.passOver(object.path);
  }
  close(undefined);
  yield* waiting;
}

async function* rowsOf(
  folder: ObjectFolder,
  images: AsyncIterable<Image>,
  listing: Listing,
): AsyncGenerator<PictureRow> {
  let some: Image[] = [];
  for await (const image of images) {
    some.push(image);
    if (some.length < IMAGES_AT_ONCE) continue;
    yield* await Promise.all(some.map((one) => rowOf(folder, one, listing)));
    some = [];
  }
  yield* await Promise.all(some.map((one) => rowOf(folder, one, listing)));
}

async function rowOf(
  { companion, isFatal }: ObjectFolder,
  { object, group }: Image,
  listing: Listing,
): Promise<PictureRow> {
  const [text, description] = ['txt', 'json'].map((extension) => group.beside.get(extension));
  const { caption, json, trouble, replaced } = await readCompanions(
    text && companion(text),
    description && companion(description),
    isFatal,
  );
  if (trouble !== undefined) listing.trouble(trouble);
  for (const { name, count } of replaced) listing.replace(name, count);
  const { path, bytes, tag = null } = object;
  listing.sizeBytes += bytes;
  return { path, caption, json, bytes, tag };
}

/** The first sign beyond the pairs of UTF-16, whose code units are less than its own. */
const BEYOND_PAIRS = /[\ue000-\uffff]/;
const FIRST_OF_PAIR = 0xd800;

/** Rows in the order of their paths' bytes, in that of their code units: signs beyond U+FFFF go before those from U+E000 on. */
async function* inCodeUnits(rows: AsyncIterable<PictureRow>): AsyncGenerator<PictureRow> {
  let held: PictureRow[] = [];
  let lead = '';
  for await (const row of rows) {
    const { path } = row;
    if (held.length > 0 && !(path.startsWith(lead) && path.charCodeAt(lead.length) >= FIRST_OF_PAIR)) {
      yield* sorted(held);
      held = [];
    }
    const at = held.length > 0 ? lead.length : path.search(BEYOND_PAIRS);
    if (at === -1) yield row;
    else {
      lead = path.slice(0, at);
      held.push(row);
    }
  }
  yield* sorted(held);
}

function sorted(rows: readonly PictureRow[]): PictureRow[] {
  return [...rows].sort((a, b) => (a.path < b.path ? -1 : 1));
}
