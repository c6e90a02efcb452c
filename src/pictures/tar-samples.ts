import type { FailureReason } from '../samples/reasons.ts';
import { decodeBeside } from './beside-text.ts';
import type { ByteSource } from './byte-window.ts';
import { companionsOf, MAX_COMPANION_BYTES } from './companions.ts';
import { isImageExtension } from './image-names.ts';
import type { Listing } from './listing.ts';
import type { PictureRow } from './picture-row.ts';
import type { TarMember } from './tar-walk.ts';

/** As the webdataset library splits names: the key ends at the first point behind the last slash. */
const KEY_AND_SUFFIX = /^((?:.*\/|)[^.]+)[.]([^/]*)$/s;
/** Members about the archive, which belong to no sample there. */
const ABOUT_THE_ARCHIVE = /^__[^/]*__($|\/)/;

/** Suffixes of texts that stand beside an image; `cls` becomes a column of that name. */
const TEXT_SUFFIXES: readonly string[] = ['txt', 'json', 'cls'];

/** The members of one key so far. */
interface Sample {
  readonly key: string;
  readonly suffixes: Set<string>;
  readonly texts: Map<string, string>;
  image: TarMember | undefined;
  fault: FailureReason | undefined;
}

/** Gathers the members of an archive into samples: those that follow one another and have the same key. */
export class TarSamples {
  readonly #archive: string;
  readonly #bytes: ByteSource;
  readonly #listing: Listing;
  #sample: Sample | undefined;
  #hasCut = false;

  /** @param archive the name that all paths begin with */
  constructor(archive: string, bytes: ByteSource, listing: Listing) {
    this.#archive = archive;
    this.#bytes = bytes;
    this.#listing = listing;
  }

  /** Whether a row says that the archive was cut in a member of it. */
  get hasCut(): boolean {
    return this.#hasCut;
  }

  /** Takes the next member; gives the rows of samples that are complete by that. */
  async take(member: TarMember): Promise<PictureRow[]> {
    if (member.kind === 'folder' || ABOUT_THE_ARCHIVE.test(member.name)) return [];
    const [, key, suffix] = KEY_AND_SUFFIX.exec(member.name) ?? [];
    if (key === undefined || suffix === undefined) {
      this.#listing.passOver(member.name);
      return [];
    }
    const rows = this.#sample && this.#sample.key !== key ? [...this.finish()] : [];
    this.#sample ??= { key, suffixes: new Set(), texts: new Map(), image: undefined, fault: undefined };
    return [...rows, ...(await this.#add(this.#sample, member, suffix.toLowerCase()))];
  }

  /** The row of the last sample. */
  *finish(): Generator<PictureRow> {
    const sample = this.#sample;
    this.#sample = undefined;
    if (sample) yield this.#rowOf(sample);
  }

  /** Gives a row where the member is another image of a name that the sample has. */
  async #add(sample: Sample, member: TarMember, suffix: string): Promise<PictureRow[]> {
    const extension = suffix.slice(suffix.lastIndexOf('.') + 1);
    const isImage = isImageExtension(extension);
    const isCut = member.kind === 'cut';
    if (sample.suffixes.has(suffix)) {
      if (isImage) {
        this.#hasCut ||= isCut;
        return [{ path: this.#pathOf(member.name), fault: isCut ? 'member_cut' : 'member_duplicate' }];
      }
      this.#listing.trouble(`${member.name} comes twice`);
      return [];
    }
    sample.suffixes.add(suffix);
    if (isCut) sample.fault = 'member_cut';
    this.#hasCut ||= isCut;
    if (isImage) this.#addImage(sample, member);
    else if (TEXT_SUFFIXES.includes(suffix)) await this.#addText(sample, member, suffix);
    else this.#listing.passOver(member.name);
    return [];
  }

  /** Of several images the first counts, a file before links and the like, one of a plain suffix (`jpg`) before others (`mask.png`). */
  #addImage(sample: Sample, member: TarMember): void {
    const { image } = sample;
    if (image && rankOf(image) >= rankOf(member)) {
      this.#listing.passOver(member.name);
      return;
    }
    if (image) this.#listing.passOver(image.name);
    sample.image = member;
  }

  async #addText(sample: Sample, { name, kind, offset, bytes }: TarMember, suffix: string): Promise<void> {
    if (kind !== 'file') this.#listing.trouble(`${name} is no whole file`);
    else if (bytes > MAX_COMPANION_BYTES) this.#listing.trouble(`${name} has more than 1 MiB`);
    else {
      const { text, replacedCount } = decodeBeside(await this.#bytes.read(offset, bytes));
      if (replacedCount > 0) this.#listing.replace(name, replacedCount);
      sample.texts.set(suffix, text);
    }
  }

  #rowOf({ key, image, texts, fault }: Sample): PictureRow {
    const json = texts.get('json');
    const { trouble, ...beside } = companionsOf({
      caption: texts.get('txt'),
      json: json === undefined ? undefined : { name: `${key}.json`, text: json },
    });
    if (trouble !== undefined) this.#listing.trouble(trouble);
    const cls = texts.get('cls');
    return {
      path: this.#pathOf(image?.name ?? key),
      ...beside,
      ...(cls !== undefined && { texts: { cls: cls.trim() } }),
      ...(image && { offset: image.offset, bytes: image.bytes }),
      fault: fault ?? faultOf(image),
    };
  }

  #pathOf(name: string): string {
    return `${this.#archive}/${name.replace(/^(\.\/)+/, '')}`;
  }
}

function rankOf({ name, kind }: TarMember): number {
  const suffix = KEY_AND_SUFFIX.exec(name)?.[2] ?? '';
  return (kind === 'file' ? 2 : 0) + (isImageExtension(suffix) ? 1 : 0);
}

/** Why an image is not read. Names are never paths here, but whoever reads the tags may take them for some. */
function faultOf(image: TarMember | undefined): FailureReason | undefined {
  if (!image) return 'image_missing';
  if (image.kind !== 'file') return 'member_unsupported';
  const leadsOut = image.name.startsWith('/') || image.name.split('/').includes('..');
  return leadsOut ? 'member_path_invalid' : undefined;
}
