import type { ModelEntry } from '../models/library/entry.ts';
import type { LibraryOptions, ModelLibrary } from '../models/library/library.ts';
import { readManifest } from '../models/manifest.ts';
import type { Command, Invocation } from './command.ts';
import { withInterrupt } from './interrupt.ts';
import { libraryOptions, MODELS_FETCH_FLAGS, MODELS_LIST_FLAGS, MODELS_WHERE_FLAGS } from './models-flags.ts';
import { describeList, describePlaces, jsonList, type ModelPlace } from './models-view.ts';

/** `bowerbird models list` */
export const MODELS_LIST: Command = {
  examples: [['models list', 'Encoders, heads and models of tags']],
  docs: 'docs/models.md',
  flags: MODELS_LIST_FLAGS,
  run: ({ values }) =>
    withLibrary({ ...libraryOptions(values, note), isOffline: true }, async (library) => {
      const places = await Promise.all(library.registry.entries.map((entry) => placeOf(library, entry)));
      print(values['json'] === true ? jsonList(places) : describeList(places, library.cache));
      return 0;
    }),
};

/** `bowerbird models where` */
export const MODELS_WHERE: Command = {
  examples: [['models where ViT-L-14', 'One line for each file']],
  docs: 'docs/models.md',
  flags: MODELS_WHERE_FLAGS,
  extend: (parser) =>
    parser.positional('name', { type: 'string', demandOption: true, describe: 'As `models list` has it' }),
  run: ({ values, parsed }) =>
    withLibrary({ ...libraryOptions(values, note), isOffline: true }, async (library) => {
      const entries = library.called(parsed['name'] as string);
      const places = await Promise.all(entries.map((entry) => placeOf(library, entry)));
      const found = places.filter(({ local }) => local !== undefined);
      print(values['json'] === true ? jsonList(places) : describePlaces(found));
      for (const { entry } of places.filter((place) => !found.includes(place)))
        note(`${entry.name} is not in the cache ${library.cache}. \`bowerbird models fetch ${entry.name}\``);
      return found.length === places.length ? 0 : 1;
    }),
};

/** `bowerbird models fetch` */
export const MODELS_FETCH: Command = {
  examples: [['models fetch ViT-L-14 laion-v1', 'An encoder, and the heads that are called so']],
  docs: 'docs/models.md',
  flags: MODELS_FETCH_FLAGS,
  extend: (parser) =>
    parser.positional('names', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'As `models list` has them',
    }),
  run: fetchCommand,
};

async function fetchCommand({ values, parsed }: Invocation): Promise<number> {
  return withInterrupt(
    () => note('Stopping (once more Ctrl-C: leave at once) ...'),
    async (signal) => {
      try {
        return await withLibrary({ ...libraryOptions(values, note), signal }, async (library) => {
          const entries = (parsed['names'] as string[]).flatMap((name) => library.called(name));
          const places: ModelPlace[] = [];
          for (const entry of new Set(entries)) {
            await library.prepare(entry);
            places.push(await placeOf(library, entry));
          }
          print(values['json'] === true ? jsonList(places) : describePlaces(places));
          return 0;
        });
      } catch (thrown) {
        if (!signal.aborted || thrown !== signal.reason) throw thrown;
        note('Interrupted. The same command asks for what is missing.');
        return 130;
      }
    },
  );
}

async function placeOf(library: ModelLibrary, entry: ModelEntry): Promise<ModelPlace> {
  const converted = library.converted(entry);
  const manifest =
    converted === undefined ? undefined : await readManifest(converted.replace(/\.onnx$/, '.json'));
  return {
    entry,
    local: await library.find(entry),
    converted: manifest && { path: converted!, sha256: manifest.sha256! },
  };
}

async function withLibrary(
  options: LibraryOptions,
  work: (library: ModelLibrary) => Promise<number>,
): Promise<number> {
  const { ModelLibrary: Library } = await import('../models/library/library.ts');
  const library = await Library.open(options);
  try {
    return await work(library);
  } finally {
    await library.close();
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
