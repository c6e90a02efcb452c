import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dirent, Stats } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises';

/** What is done with an open file or, to bring its names to the disk, with an open folder. */
export interface OpenFile {
  /** Writes all of it where the last write ended; UTF-8. */
  writeFile(content: string | Uint8Array): Promise<void>;
  /** Writes a text over what is at a byte offset; UTF-8. */
  write(text: string, position: number): Promise<unknown>;
  /** fsync. */
  sync(): Promise<void>;
  stat(): Promise<Stats>;
  close(): Promise<void>;
}

/**
 * The calls that a promise to keep something rests on. All that lasts is committed through them: what is written, brought
 * to the disk, named, or removed. Errors are Node's own, with `code` and `errno`.
 */
export interface FileSystem {
  /** @param mode who may read and write a file that is made, as for `chmod`; not given: everybody, as the machine lets them */
  open(path: string, flags: 'r' | 'r+' | 'wx' | 'wx+' | 'a', mode?: number): Promise<OpenFile>;
  readFile(path: string, encoding: 'utf8'): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  copyFile(from: string, to: string, mode: number): Promise<void>;
  mkdir(path: string): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  rm(path: string, options: { readonly recursive?: boolean; readonly force?: boolean }): Promise<void>;
  readdir(path: string, options: { readonly withFileTypes: true }): Promise<Dirent[]>;
  lstat(path: string): Promise<Stats>;
  stat(path: string): Promise<Stats>;
}

/** The file system of the machine. */
export const REAL_FILE_SYSTEM: FileSystem = {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
};

const injected = new AsyncLocalStorage<FileSystem>();

/**
 * Runs a piece of work, and all that it starts, on another file system: one that records the calls, or lets one of them
 * fail. Other work of the process keeps its own, and nothing is looked up or slower where this was never called.
 */
export function withFileSystem<T>(files: FileSystem, work: () => T): T {
  return injected.run(files, work);
}

/** The file system of the present piece of work. */
export function fileSystem(): FileSystem {
  return injected.getStore() ?? REAL_FILE_SYSTEM;
}
