import { unsupported } from '../errors.ts';
import { RangedStorage } from '../ranged-storage.ts';
import type { RetryPolicy, StorageCounts } from '../retry.ts';

/** A place whose files are read by ranges, and where nothing is written. */
export abstract class ReadOnlyStorage extends RangedStorage {
  readonly counts: StorageCounts = { requests: 0, retries: 0, readBytes: 0, writtenBytes: 0 };
  protected readonly policy: RetryPolicy;
  protected readonly fileWord = 'file';

  constructor(policy: RetryPolicy) {
    super();
    this.policy = policy;
  }

  async putIfAbsent(url: string): Promise<boolean> {
    throw readOnly(url);
  }

  async put(url: string): Promise<void> {
    throw readOnly(url);
  }

  async putIfTag(url: string): Promise<boolean> {
    throw readOnly(url);
  }

  async copy(_fromUrl: string, toUrl: string): Promise<void> {
    throw readOnly(toUrl);
  }

  async delete(url: string): Promise<void> {
    throw readOnly(url);
  }

  async removeLeftovers(): Promise<number> {
    return 0;
  }
}

/** @param url where something was to be written */
function readOnly(url: string) {
  return unsupported(url, 'nothing is written there. Write to this machine, or to s3://.');
}
