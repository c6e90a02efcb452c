import { type FileSystem, type OpenFile, REAL_FILE_SYSTEM } from '../../src/base/file-system.ts';

/** What is asked of a file system. */
export interface FileCall {
  readonly call:
    | ('open' | 'write' | 'fsync' | 'close' | 'look' | 'read')
    | ('rename' | 'link' | 'copy' | 'mkdir' | 'rmdir' | 'remove');
  /** What it is done to; of a rename, link or copy the new name. */
  readonly path: string;
  /** Of a rename, link or copy. */
  readonly from?: string;
  /** Of an open. */
  readonly flags?: string;
}

/** Does a call, or does something else instead. */
export type Around = <T>(call: FileCall, run: () => Promise<T>) => Promise<T>;

/** The real file system, each of whose calls goes through `around`. No test loses power: an fsync is asked for, not done. */
export function interpose(around: Around): FileSystem {
  const real = REAL_FILE_SYSTEM;
  return {
    open: (path, flags, mode) =>
      around({ call: 'open', path, flags }, async () =>
        opened(path, await real.open(path, flags, mode), around),
      ),
    readFile: (path, encoding) => around({ call: 'read', path }, () => real.readFile(path, encoding)),
    rename: (from, path) => around({ call: 'rename', from, path }, () => real.rename(from, path)),
    link: (from, path) => around({ call: 'link', from, path }, () => real.link(from, path)),
    copyFile: (from, path, mode) =>
      around({ call: 'copy', from, path }, () => real.copyFile(from, path, mode)),
    mkdir: (path) => around({ call: 'mkdir', path }, () => real.mkdir(path)),
    rmdir: (path) => around({ call: 'rmdir', path }, () => real.rmdir(path)),
    rm: (path, options) => around({ call: 'remove', path }, () => real.rm(path, options)),
    readdir: (path, options) => around({ call: 'look', path }, () => real.readdir(path, options)),
    lstat: (path) => around({ call: 'look', path }, () => real.lstat(path)),
    stat: (path) => around({ call: 'look', path }, () => real.stat(path)),
  };
}

/** For what tests make in number. */
export const UNSYNCED: FileSystem = interpose((_, run) => run());

function opened(path: string, file: OpenFile, around: Around): OpenFile {
  return {
    writeFile: (content) => around({ call: 'write', path }, () => file.writeFile(content)),
    write: (text, position) => around({ call: 'write', path }, () => file.write(text, position)),
    sync: () => around({ call: 'fsync', path }, async () => undefined),
    stat: () => around({ call: 'look', path }, () => file.stat()),
    close: () => around({ call: 'close', path }, () => file.close()),
  };
}
