import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

const DESCRIPTORS = '/proc/self/fd';

/** Whether this process has the file open, be it removed meanwhile; false where the system does not tell. */
export function isOpen(path: string): boolean {
  if (!existsSync(DESCRIPTORS)) return false;
  return readdirSync(DESCRIPTORS).some((name) => leadsTo(join(DESCRIPTORS, name), path));
}

function leadsTo(link: string, path: string): boolean {
  try {
    return readlinkSync(link).startsWith(path);
  } catch {
    return false;
  }
}
