import type { JsonObject } from '../../base/json-object.ts';

/** What Windows takes for a device, whatever follows behind a dot, and a dot at the end, which it drops. */
const NO_WINDOWS_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|\.$/i;

/** What arrives lies under such names beside its place (`PartialFile`). */
const ARRIVING = /\.part(\.json)?$/i;

/** The folder beside a model's files of what was made of them (`placesOf`). */
const CONVERTED = 'onnx';

/**
 * The names of a sound entry that could not lie in the cache as they are, a phrase each: those of what the cache itself keeps
 * there, and those that some disks do not have. Disks that do not tell case apart count.
 *
 * @param fileNames those of its files in the cache, the model first
 */
export function reservedNameProblems(raw: JsonObject, fileNames: readonly string[]): string[] {
  const name = raw['name'] as string;
  const written = manifestName(raw, fileNames[0]!)?.toLowerCase();
  return [
    ...(NO_WINDOWS_NAME.test(name) ? [`has a name that no folder can have everywhere: ${name}`] : []),
    ...fileNames.flatMap((file) => {
      const problem = problemOf(file, written);
      return problem === undefined ? [] : [`has a file ${file}, which ${problem}`];
    }),
  ];
}

function problemOf(file: string, written: string | undefined): string | undefined {
  const name = file.toLowerCase();
  if (NO_WINDOWS_NAME.test(file)) return 'is no name for a file everywhere';
  if (ARRIVING.test(file)) return 'is the name of a file that is arriving in the cache';
  if (name === CONVERTED) return 'is the folder in the cache of what is made of weights';
  if (name === written) return "is the name of the model's manifest, which is made of its entry";
  return undefined;
}

/** What `writeBeside` writes of an entry; undefined where that lies in a folder of its own. */
function manifestName({ kind }: JsonObject, model: string): string | undefined {
  if (kind === 'head') return `${model}.json`;
  return kind === 'encoder' && model.endsWith('.onnx') ? model.replace(/\.onnx$/, '.json') : undefined;
}
