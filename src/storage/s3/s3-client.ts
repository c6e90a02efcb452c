import type { S3Client as Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { endpointFrom } from '../endpoint.ts';

/** How a client is made: of Amazon's service, one that speaks its protocol, or Google's. */
export type S3Scheme = 's3' | 'gs';

type Library = typeof import('@aws-sdk/client-s3');

/** The client and the commands; loaded for the first URL of a scheme. */
export interface S3Access {
  readonly library: Library;
  readonly client: Client;
}

/** The most connections to one place. */
const CONNECTIONS = 64;
const CONNECT_MS = 10_000;

/**
 * A client with the credentials that the SDK finds: variables, profiles, web identities, the machine's own. Made anew,
 * it reads them anew, files included. Tries are counted by this room, so the SDK makes one.
 *
 * `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` lead to another service; buckets are then named in the path. `AWS_NO_SIGN_REQUEST=YES`
 * asks for public objects without credentials. `gs://` goes to Google's XML API with HMAC keys, from
 * `GS_ACCESS_KEY_ID` and `GS_SECRET_ACCESS_KEY` where these are set.
 *
 * @param idleMs for how long a server may send nothing; an answer may take twice as long to begin
 * @throws BowerbirdError BB_USAGE where a variable is to name an endpoint and does not
 */
export async function openS3(scheme: S3Scheme, idleMs: number): Promise<S3Access> {
  // The SDK would tell whoever runs a command on Node 20 which Node its later versions need.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const library = await import('@aws-sdk/client-s3');
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const settings: S3ClientConfig = {
    ...commonSettings(idleMs),
    // What is written into a file of credentials while a run is at work would else be read by the next process alone.
    credentialDefaultProvider: (init) => defaultProvider({ ...init, ignoreCache: true }),
    ...(scheme === 'gs' ? googleSettings() : endpointSettings()),
  };
  const client = new library.S3Client(settings);
  if (await hasRegion(client)) return { library, client };
  client.destroy();
  return { library, client: new library.S3Client({ ...settings, region: 'us-east-1' }) };
}

function commonSettings(idleMs: number): S3ClientConfig {
  return {
    maxAttempts: 1,
    // A bucket of another region answers where it is.
    followRegionRedirects: true,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      // Until an answer begins, so that a part has to be sent in that time. What follows is watched by whoever reads the body.
      requestTimeout: 2 * idleMs,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: CONNECTIONS },
      httpsAgent: { maxSockets: CONNECTIONS },
    },
    ...(isYes(process.env['AWS_NO_SIGN_REQUEST']) && {
      credentials: { accessKeyId: '', secretAccessKey: '' },
      signer: { sign: async (request) => request },
    }),
  };
}

/** Services that are not Amazon's know older checksums alone. */
const OLDER_CHECKSUMS: S3ClientConfig = {
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
};

function endpointSettings(): S3ClientConfig {
  const endpoint = endpointFrom('AWS_ENDPOINT_URL_S3') || endpointFrom('AWS_ENDPOINT_URL');
  return endpoint ? { endpoint, forcePathStyle: true, ...OLDER_CHECKSUMS } : {};
}

function googleSettings(): S3ClientConfig {
  const accessKeyId = process.env['GS_ACCESS_KEY_ID'];
  const secretAccessKey = process.env['GS_SECRET_ACCESS_KEY'];
  return {
    endpoint: endpointFrom('GS_ENDPOINT_URL') || 'https://storage.googleapis.com',
    region: 'auto',
    forcePathStyle: true,
    ...OLDER_CHECKSUMS,
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
  };
}

async function hasRegion(client: Client): Promise<boolean> {
  try {
    return Boolean(await client.config.region());
  } catch {
    return false;
  }
}

function isYes(value: string | undefined): boolean {
  return /^(1|yes|true)$/i.test(value ?? '');
}
