import { type DownloadOptions, settingsFrom } from './options.ts';
import { readProxies } from './proxies.ts';
import { readTlsTrust } from './tls-trust.ts';

/**
 * Looks, before work starts, whether the options, the proxies of the environment and the certificates can be used, and
 * says what is out of the ordinary: a sentence each, without credentials.
 *
 * @throws BowerbirdError BB_USAGE, BB_PROXY, BB_CA_FILE
 */
export function checkNetwork(options: DownloadOptions, environment: NodeJS.ProcessEnv): readonly string[] {
  const { caFile, tlsInsecure } = settingsFrom(options);
  readTlsTrust(caFile, tlsInsecure);
  const { notes } = readProxies(environment);
  return tlsInsecure ? [...notes, INSECURE] : notes;
}

const INSECURE =
  'Certificates are not looked at (--tls-insecure): whoever is on the way to a host can give other images.';
