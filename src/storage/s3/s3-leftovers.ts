import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import type { S3Access } from './s3-client.ts';
import { type Place, placeOf } from './s3-place.ts';
import type { S3Session } from './s3-session.ts';

/** No upload of one object, and no probe, takes as long as that. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** How objects are called that only try whether a service knows conditions, with a UUID behind it; they are empty and live for a moment. */
export const PROBE = '.first-wins-';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A command of the SDK, as far as its answer's headers can be looked at. */
interface WithAnswers {
  readonly middlewareStack: { add(middleware: never, options: never): void };
}

/**
 * Removes what killed writers left below a prefix: uploads in parts that were begun a day ago and neither completed nor given up, and probes of that age right
 * below it and in some folders. Ages are told by the service's own clock; of one that tells no time nothing is removed.
 *
 * @param prefixUrl ends with `/`
 * @param folders below it, each ending with `/`
 * @returns how many were removed
 */
export async function removeLeftovers(
  session: S3Session,
  prefixUrl: string,
  folders: readonly string[],
): Promise<number> {
  const place = placeOf(prefixUrl);
  let removed = await abortUploads(session, place);
  for (const folder of ['', ...folders]) removed += await removeProbes(session, placeOf(prefixUrl + folder));
  return removed;
}

async function abortUploads(session: S3Session, { url, bucket, key }: Place): Promise<number> {
  let removed = 0;
  let after: Pick<ListMultipartUploadsCommandOutput, 'NextKeyMarker' | 'NextUploadIdMarker'> = {};
  for (;;) {
    const clock = new ServiceClock();
    const page = await session.ask(url, ({ client, library }: S3Access) =>
      client.send(
        clock.read(
          new library.ListMultipartUploadsCommand({
            Bucket: bucket,
            Prefix: key,
            KeyMarker: after.NextKeyMarker,
            UploadIdMarker: after.NextUploadIdMarker,
          }),
        ),
      ),
    );
    if (page.kind !== 'done') return removed;
    for (const { Key, UploadId, Initiated } of page.value.Uploads ?? []) {
      // Some services pass over the prefix.
      if (!Key?.startsWith(key) || !clock.isLongAgo(Initiated)) continue;
      await session.ask(url, ({ client, library }) =>
        client.send(new library.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })),
      );
      removed++;
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page.value;
    const isSame = NextKeyMarker === after.NextKeyMarker && NextUploadIdMarker === after.NextUploadIdMarker;
    // What a service does not list on is left to the bucket's own rules.
    if (!IsTruncated || isSame) return removed;
    after = { NextKeyMarker, NextUploadIdMarker };
  }
}

async function removeProbes(session: S3Session, { url, bucket, key }: Place): Promise<number> {
  const clock = new ServiceClock();
  // More than a page of them would be gone with the next call.
  const page = await session.ask(url, ({ client, library }) =>
    client.send(clock.read(new library.ListObjectsV2Command({ Bucket: bucket, Prefix: key + PROBE }))),
  );
  const found = page.kind === 'done' ? (page.value.Contents ?? []) : [];
  const old = found.filter(
    ({ Key, Size, LastModified }) =>
      Size === 0 && UUID.test(Key!.slice(key.length + PROBE.length)) && clock.isLongAgo(LastModified),
  );
  for (const { Key } of old)
    await session.ask(url, ({ client, library }) =>
      client.send(new library.DeleteObjectCommand({ Bucket: bucket, Key })),
    );
  return old.length;
}

/** What time it is for a service, by its last answer. */
class ServiceClock {
  #nowMs = Number.NaN;

  /** Has a command tell the time of its answer. */
  read<T extends WithAnswers>(command: T): T {
    const middleware =
      (next: (args: unknown) => Promise<{ response: { headers: Record<string, string> } }>) =>
      async (args: unknown) => {
        const answer = await next(args);
        this.#nowMs = Date.parse(answer.response.headers['date'] ?? '');
        return answer;
      };
    command.middlewareStack.add(middleware as never, { step: 'deserialize', name: 'serviceClock' } as never);
    return command;
  }

  isLongAgo(time: Date | undefined): boolean {
    return time !== undefined && this.#nowMs - time.getTime() > ABANDONED_MS;
  }
}
