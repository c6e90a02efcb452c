/** Every code that an answer can carry, and its HTTP status; docs/serve.md explains each. */
export const HTTP_STATUS = {
  BB_HASH_INVALID: 400,
  BB_HTTP_REQUEST: 400,
  BB_HTTP_QUERY: 400,
  BB_HTTP_BODY: 400,
  BB_HTTP_UNAUTHORIZED: 401,
  BB_HTTP_NOT_FOUND: 404,
  BB_HTTP_METHOD: 405,
  BB_HTTP_NOT_ACCEPTABLE: 406,
  BB_HTTP_TIMEOUT: 408,
  BB_HTTP_TOO_LARGE: 413,
  BB_HTTP_URL_TOO_LONG: 414,
  BB_HTTP_MEDIA_TYPE: 415,
  BB_HTTP_RATE_LIMIT: 429,
  BB_HTTP_HEADERS_TOO_LARGE: 431,
  BB_STORE_CORRUPT: 500,
  BB_INTERNAL: 500,
  BB_HTTP_OVERLOADED: 503,
} as const;

export type HttpErrorCode = keyof typeof HTTP_STATUS;

/** A request that gets no scores: what is wrong with it, and the status that says so. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  get statusCode(): number {
    return HTTP_STATUS[this.code];
  }
}

/** The body of an answer that is an error. */
export function errorBody(code: HttpErrorCode, message: string): string {
  return JSON.stringify({ error: { code, message } });
}

const SHOWN_CHARACTERS = 40;

/** Text of a request as a message may show it: quoted, escaped and short. */
export function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text);
}
