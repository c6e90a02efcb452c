/** What the image host does wrong at a path, on purpose; `redirect` and `slow` end well. */
export type FaultKind =
  | 'missing'
  | 'gone'
  | 'forbidden'
  | 'server-error'
  | 'cut-jpeg'
  | 'html'
  | 'empty'
  | 'svg'
  | 'bmp'
  | 'opted-out'
  | 'redirect'
  | 'slow';

/** A path of the image host that misbehaves. */
export interface Fault {
  readonly path: string;
  readonly kind: FaultKind;
}

const COUNTS: Readonly<Record<FaultKind, number>> = {
  missing: 8,
  gone: 2,
  forbidden: 1,
  'server-error': 2,
  'cut-jpeg': 4,
  html: 3,
  empty: 2,
  svg: 1,
  bmp: 1,
  'opted-out': 3,
  redirect: 3,
  slow: 2,
};

const EXTENSIONS: Partial<Readonly<Record<FaultKind, string>>> = { svg: 'svg', bmp: 'bmp' };

/** Everything that goes wrong on the host of the sample shards. */
export const FAULTS: readonly Fault[] = (Object.keys(COUNTS) as FaultKind[]).flatMap((kind) =>
  Array.from({ length: COUNTS[kind] }, (_, number) => ({
    path: `/faults/${kind}-${number}.${EXTENSIONS[kind] ?? 'jpg'}`,
    kind,
  })),
);

/**
 * URLs that no host answers: nothing listens on port 1, `.invalid` never resolves (RFC 6761), nobody fetches
 * images over FTP any more, and a row without a URL.
 */
export const DEAD_URLS: readonly (string | null)[] = [
  'http://127.0.0.1:1/closed-shop/banner.jpg',
  'http://127.0.0.1:1/closed-shop/logo.png',
  'http://gone-for-good.invalid/holiday.jpg',
  'ftp://127.0.0.1/pub/picture.jpg',
  null,
];
