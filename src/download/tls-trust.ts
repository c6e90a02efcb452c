import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { BowerbirdError, messageOf } from '../base/errors.ts';

/** Whose certificates are believed. */
export interface TlsTrust {
  /** One for all: a list of certificates given per connection is parsed per connection, 22 ms of CPU each. */
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * @param caFile PEM certificates that are believed beside the usual ones; '' for none
 * @param isInsecure believes everybody
 * @throws BowerbirdError BB_CA_FILE
 */
export function readTlsTrust(caFile: string, isInsecure: boolean): TlsTrust {
  const rejectUnauthorized = !isInsecure;
  if (caFile === '') return { secureContext: createSecureContext(), rejectUnauthorized };
  const own = readCertificates(caFile, caFile);
  // With a list of one's own, Node leaves its usual ones out, and those of this variable.
  const extraFile = process.env['NODE_EXTRA_CA_CERTS'];
  const extra = extraFile ? readCertificates(extraFile, `${extraFile} (NODE_EXTRA_CA_CERTS)`) : [];
  return {
    secureContext: createSecureContext({ ca: [...rootCertificates, ...extra, ...own] }),
    rejectUnauthorized,
  };
}

function readCertificates(path: string, shown: string): string[] {
  try {
    const certificates = readFileSync(path, 'utf8').match(CERTIFICATE) ?? [];
    if (certificates.length === 0) throw new Error('it holds no certificate in PEM form');
    for (const certificate of certificates) new X509Certificate(certificate);
    return certificates;
  } catch (cause) {
    throw new BowerbirdError(
      'BB_CA_FILE',
      `The certificates of ${shown} cannot be used: ${messageOf(cause)}`,
      {
        cause,
        fields: { path },
      },
    );
  }
}
