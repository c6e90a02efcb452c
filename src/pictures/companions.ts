import { readFile, stat } from 'node:fs/promises';
import { isObject, type JsonObject } from '../base/json-object.ts';
import { type BesideText, decodeBeside } from './beside-text.ts';
import { openableAs } from './byte-names.ts';

/** A longer text beside an image is no caption or description of it. */
export const MAX_COMPANION_BYTES: number = 1024 * 1024;

/** Each key is a column, and no table has so many. */
const MAX_KEYS = 1000;

/** What stands beside an image. */
export interface Companions {
  readonly caption?: string | undefined;
  /** The text of a JSON object. */
  readonly json?: string | undefined;
  /** What could not be taken, as a sentence without its end, file first. */
  readonly trouble?: string | undefined;
}

/** The same of files. */
export interface ReadCompanions extends Companions {
  /** In which of the files bytes are not UTF-8, and how often. */
  readonly replaced: readonly { readonly name: string; readonly count: number }[];
}

/** Texts beside an image, with their names, for messages. */
export interface CompanionTexts {
  readonly caption?: string | undefined;
  readonly json?: { readonly name: string; readonly text: string } | undefined;
}

/** A file beside an image. */
export interface CompanionFile {
  /** As messages name it. */
  readonly path: string;
  /** Its size, in bytes, and its content, wherever it lies. @throws where it cannot be read */
  size(): Promise<number>;
  read(): Promise<Buffer>;
}

/** A file of this machine beside an image. */
export function companionAt(path: string): CompanionFile {
  return {
    path,
    size: async () => (await stat(openableAs(path))).size,
    read: () => readFile(openableAs(path)),
  };
}

/**
 * Reads the caption and the description beside an image; undefined where there is none.
 *
 * @param isFatal of what is thrown by a file that cannot be read: whether it is no fault of the file
 */
export async function readCompanions(
  captionFile: CompanionFile | undefined,
  jsonFile: CompanionFile | undefined,
  isFatal: (thrown: unknown) => boolean = () => false,
): Promise<ReadCompanions> {
  const [captionPath, jsonPath] = [captionFile?.path, jsonFile?.path];
  const caption = await readText(captionFile, isFatal);
  const json = await readText(jsonFile, isFatal);
  const trouble = caption.trouble ?? json.trouble;
  const found = companionsOf({
    caption: caption.text,
    json: json.text === undefined ? undefined : { name: jsonPath!, text: json.text },
  });
  const replaced = [
    { name: captionPath ?? '', count: caption.replacedCount ?? 0 },
    { name: jsonPath ?? '', count: json.replacedCount ?? 0 },
  ].filter(({ count }) => count > 0);
  return trouble === undefined ? { ...found, replaced } : { ...found, replaced, trouble };
}

/** What texts beside an image say of it. A caption in the JSON goes before the other. */
export function companionsOf({ caption, json }: CompanionTexts): Companions {
  // img2dataset writes an empty text where there is no caption.
  const text = caption?.replace(/\r?\n$/, '') || undefined;
  if (!json) return { caption: text };
  const found = objectIn(json.text);
  if (!found) return { caption: text, trouble: `${json.name} holds no JSON object` };
  const keyCount = Object.keys(found.object).length;
  if (keyCount > MAX_KEYS) return { caption: text, trouble: `${json.name} has ${keyCount} keys` };
  const hasCaption = (found.object['caption'] ?? null) !== null;
  return { caption: hasCaption ? undefined : text, json: found.json };
}

/** A JSON object and its text. Python writes NaN and Infinity, which JSON does not have: they are null here. */
function objectIn(text: string): { readonly object: JsonObject; readonly json: string } | undefined {
  const finite = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
    found.startsWith('"') ? found : 'null',
  );
  try {
    const object: unknown = JSON.parse(finite);
    return isObject(object) ? { object, json: finite } : undefined;
  } catch {
    return undefined;
  }
}

async function readText(
  file: CompanionFile | undefined,
  isFatal: (thrown: unknown) => boolean,
): Promise<Partial<BesideText> & { trouble?: string }> {
  if (!file) return {};
  try {
    if ((await file.size()) > MAX_COMPANION_BYTES) return { trouble: `${file.path} has more than 1 MiB` };
    return decodeBeside(await file.read());
  } catch (thrown) {
    if (isFatal(thrown)) throw thrown;
    return { trouble: `${file.path} cannot be read` };
  }
}
