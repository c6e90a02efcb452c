import { isRemote } from '../storage/storage.ts';
import { FolderBackend } from './folder-backend.ts';
import { ObjectBackend } from './object-backend.ts';
import type { RunBackend } from './run-backend.ts';

/** The backend of a run. @param at a folder, or a URL of object storage */
export function backendOf(at: string): RunBackend {
  return isRemote(at) ? new ObjectBackend(at) : new FolderBackend(at);
}
