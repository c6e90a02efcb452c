import { createHash } from 'node:crypto';
import type { S3Server } from './s3-server.ts';

/**
 * sha256 of what others see of a run in object storage, by name: of every file whose bytes may not depend on how the run went, as `digestRun` gives it of a
 * folder, without the plan and what is hidden.
 *
 * @param run its URL, in the server's bucket `bucket`
 */
export function digestObjects(server: S3Server, run: string): Record<string, string> {
  const prefix = `${run.slice('s3://bucket/'.length)}/`;
  const digests: Record<string, string> = {};
  for (const key of server.keys('bucket', prefix)) {
    const name = key.slice(prefix.length);
    if (/^\.|^(plan|run)\.json$|^report\.html$|_stats\.json$/.test(name)) continue;
    digests[name] = createHash('sha256').update(server.bytesOf('bucket', key)!).digest('hex');
  }
  return digests;
}
