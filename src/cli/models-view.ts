import type { ModelEntry } from '../models/library/entry.ts';
import type { LocalModel } from '../models/library/library.ts';

/** A model that is known by name, and its files where they are on this machine. */
export interface ModelPlace {
  readonly entry: ModelEntry;
  readonly local: LocalModel | undefined;
  /** The ONNX model that was made of its weights, where there is one. */
  readonly converted: { readonly path: string; readonly sha256: string } | undefined;
}

const MB = 1e6;

const TITLES: Readonly<Record<ModelEntry['kind'], string>> = {
  encoder: 'Encoders (--clip-model)',
  head: 'Heads (--aesthetic-head, --nsfw-head)',
  'tag-model': 'Image models that give a tag (--watermark-model, --aesthetic-head, --nsfw-head)',
};

/** A list for a person, by kind; a star marks what is on this machine. */
export function describeList(places: readonly ModelPlace[], cache: string): string {
  const width = Math.max(...places.map(({ entry }) => entry.name.length));
  const sections = Object.entries(TITLES).map(([kind, title]) => {
    const lines = places
      .filter(({ entry }) => entry.kind === kind)
      .map(({ entry, local }) => {
        const facts = [sizeOf(entry), entry.licence, entry.aliases.join(', ')].filter(Boolean);
        return `${local ? '*' : ' '} ${entry.name.padEnd(width)}  ${facts.join('  ')}`;
      });
    return [title, ...lines].join('\n');
  });
  return [...sections, `* in ${cache}`].join('\n\n');
}

/** The files of models, a line each. */
export function describePlaces(places: readonly ModelPlace[]): string {
  return places
    .flatMap(({ local, converted }) => [
      ...(local?.paths.map((path, i) => ({ path, sha256: local.fetched[i]!.sha256 })) ?? []),
      ...(converted ? [converted] : []),
    ])
    .map(({ path, sha256 }) => `${path}  sha256 ${sha256}`)
    .join('\n');
}

/** The same for a script. */
export function jsonList(places: readonly ModelPlace[]): string {
  return JSON.stringify(
    places.map(({ entry: { name, kind, aliases, description, licence, page }, local, converted }) => ({
      name,
      kind,
      aliases,
      description,
      licence,
      page: page ?? null,
      files: local?.paths.map((path, i) => ({ path, ...local.fetched[i] })) ?? null,
      onnx: converted ?? null,
    })),
  );
}

function sizeOf({ files }: ModelEntry): string {
  const [{ sizeBytes } = {}] = files;
  if (sizeBytes === undefined) return 'size not stated';
  return sizeBytes < MB ? `${Math.ceil(sizeBytes / 1000)} kB` : `${Math.round(sizeBytes / MB)} MB`;
}
