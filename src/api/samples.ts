import { hashTexts } from '../samples/hash.ts';

/** What a sample is known by: its URL and its caption. A missing one counts as "". */
export interface SampleText {
  readonly url: string;
  readonly caption?: string | null;
}

/**
 * The hashes of samples, as LAION's `hash` column has them: murmur3_x64_128 of the UTF-8 bytes of url + caption, seed 0,
 * its low 64 bits, signed.
 *
 * @returns one int64 per sample, in order
 */
export function hashSamples(samples: readonly SampleText[]): BigInt64Array {
  return hashTexts(samples.map(({ url, caption }) => Buffer.from(url + (caption ?? ''), 'utf8')));
}

/** The hash of one sample. */
export function hashSample(url: string, caption?: string | null): bigint {
  return hashSamples([{ url, ...(caption !== undefined && { caption }) }])[0]!;
}
