import { HttpError } from './http-error.ts';

export const JSON_TYPE = 'application/json';
export const OCTET_TYPE = 'application/octet-stream';

export type MediaType = typeof JSON_TYPE | typeof OCTET_TYPE;

/**
 * The type to answer with: the first of the `Accept` header that there is; without one, or with a wildcard, the type of
 * the request's body.
 *
 * @throws HttpError BB_HTTP_NOT_ACCEPTABLE
 */
export function answerType(accept: string | undefined, bodyType: MediaType): MediaType {
  if (accept === undefined) return bodyType;
  for (const part of accept.split(',')) {
    const [type, ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) continue;
    if (type === JSON_TYPE || type === OCTET_TYPE) return type;
    if (type === '*/*' || type === 'application/*') return bodyType;
  }
  throw new HttpError(
    'BB_HTTP_NOT_ACCEPTABLE',
    `Answers are ${JSON_TYPE} or ${OCTET_TYPE}; Accept allows neither.`,
  );
}
