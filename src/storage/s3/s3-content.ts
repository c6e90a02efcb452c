import { open } from 'node:fs/promises';
import { messageOf } from '../../base/errors.ts';
import type { Content } from '../contract.ts';
import { refused } from '../errors.ts';

/** Bytes that are uploaded, part by part: in memory, or in a file that stays as it is meanwhile. */
export interface Upload {
  readonly bytes: number;
  /** @throws StorageError BB_STORAGE_REFUSED where the file cannot be read, or is shorter by now */
  part(from: number, bytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** @throws StorageError BB_STORAGE_REFUSED where the file cannot be read */
export async function openUpload(url: string, content: Content): Promise<Upload> {
  if (typeof content !== 'string') {
    return {
      bytes: content.length,
      part: async (from, bytes) => content.subarray(from, from + bytes),
      close: async () => undefined,
    };
  }
  const fail = (thrown: unknown): never => {
    throw refused(url, `${content} cannot be read: ${messageOf(thrown)}`, thrown);
  };
  const handle = await open(content, 'r').catch(fail);
  const { size } = await handle.stat();
  return {
    bytes: size,
    part: async (from, bytes) => {
      const part = Buffer.allocUnsafeSlow(bytes);
      let read = 0;
      while (read < bytes) {
        const { bytesRead } = await handle.read(part, read, bytes - read, from + read).catch(fail);
        if (bytesRead === 0) throw refused(url, `${content} was cut short while it was uploaded`);
        read += bytesRead;
      }
      return part;
    },
    close: () => handle.close(),
  };
}
