/** Every code that an answer of a local page's server can carry, and its HTTP status; docs/browse.md and docs/rate.md explain them. */
export const WEB_STATUS = {
  BB_HTTP_QUERY: 400,
  BB_HTTP_UNAUTHORIZED: 401,
  BB_HTTP_FORBIDDEN: 403,
  BB_HTTP_NOT_FOUND: 404,
  BB_HTTP_NO_PICTURE: 404,
  BB_HTTP_TOO_LARGE: 413,
  BB_HTTP_ORIGIN: 421,
  BB_INTERNAL: 500,
  BB_HTTP_NOT_SAVED: 503,
} as const;

export type WebErrorCode = keyof typeof WEB_STATUS;

/** A request that is refused: what is wrong with it, and the status that says so. */
export class WebError extends Error {
  override readonly name = 'WebError';
  readonly code: WebErrorCode;

  constructor(code: WebErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  get statusCode(): number {
    return WEB_STATUS[this.code];
  }
}
