import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isObject, type JsonObject } from '../../base/json-object.ts';
import type { PostProblem } from '../problems.ts';
import { unpackXz } from './xz.ts';

/** Of a file, and of what is unpacked of it. Instaloader's hold some ten kilobytes. */
export const MAX_JSON_BYTES = 16 * 1024 * 1024;

/** A JSON file that was read. */
export interface JsonFile {
  /** What is in it; an array stands for no object. */
  readonly content: JsonObject | undefined;
  /** When it was last written. */
  readonly modifiedMs: number;
}

/** Reads a file of JSON, packed with xz where its name says so; a FIFO or a device is not waited for. */
export async function readJsonFile(path: string): Promise<JsonFile | PostProblem> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (!handle) return 'file_unreadable';
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return 'file_unreadable';
    if (stats.size > MAX_JSON_BYTES) return 'json_too_large';
    const bytes = await handle.readFile();
    const unpacked = path.endsWith('.xz') ? await unpackXz(bytes, MAX_JSON_BYTES) : bytes;
    if (unpacked === 'too large') return 'json_too_large';
    if (unpacked === 'damaged') return 'xz_damaged';
    const content: unknown = JSON.parse(DECODER.decode(unpacked));
    return { content: isObject(content) ? content : undefined, modifiedMs: Math.floor(stats.mtimeMs) };
  } catch (thrown) {
    return thrown instanceof SyntaxError || thrown instanceof TypeError ? 'json_invalid' : 'file_unreadable';
  } finally {
    await handle.close();
  }
}

/** Bytes that are no UTF-8 are a TypeError. */
const DECODER = new TextDecoder('utf-8', { fatal: true });
