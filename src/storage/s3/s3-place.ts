import { BowerbirdError } from '../../base/errors.ts';

/** Where an object is. */
export interface Place {
  readonly url: string;
  readonly bucket: string;
  /** As it is, no part of it escaped. */
  readonly key: string;
  /** Bucket and key as a copy names its source: escaped. */
  readonly copySource: string;
}

/** @throws BowerbirdError BB_REMOTE_PATH where there is no bucket, or a part of the key would be taken for a way up */
export function placeOf(url: string): Place {
  const [, bucket, key = ''] = /^[a-z0-9]+:\/\/([^/]+)(?:\/(.*))?$/is.exec(url) ?? [];
  if (bucket === undefined)
    throw new BowerbirdError('BB_REMOTE_PATH', `${url} names no bucket: s3://BUCKET/KEY is what is read.`, {
      fields: { path: url },
    });
  if (key.split('/').some((part) => part === '.' || part === '..'))
    throw new BowerbirdError(
      'BB_REMOTE_PATH',
      `${url} has "." or ".." between slashes, which URLs drop on their way. Name the key as it is.`,
      { fields: { path: url } },
    );
  const copySource = [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
  return { url, bucket, key, copySource };
}
