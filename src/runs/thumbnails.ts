/** A row that the report may show, as it lies in thumbnails/*.json. */
export interface ReportThumbnail {
  readonly key: string;
  readonly score: number;
  readonly caption: string | null;
  readonly url: string | null;
  /** Of an image that lies in a file: its path. */
  readonly path?: string;
  readonly punsafe: number | null;
  readonly pwatermark: number | null;
  readonly width: number;
  readonly height: number;
  readonly kept: boolean;
  readonly dropped_by: string | null;
  readonly mime_type: string;
  readonly thumbnail_base64: string;
}

interface ThumbnailFile {
  readonly format: 'bowerbird-thumbnails';
  readonly version: 1;
  readonly samples: readonly ReportThumbnail[];
}

/** The content of a thumbnail file. */
export function thumbnailFile(samples: readonly ReportThumbnail[]): string {
  const file: ThumbnailFile = { format: 'bowerbird-thumbnails', version: 1, samples };
  return `${JSON.stringify(file)}\n`;
}

/** Reads what `thumbnailFile` gave. */
export function parseThumbnails(bytes: Buffer): readonly ReportThumbnail[] {
  return (JSON.parse(bytes.toString('utf8')) as ThumbnailFile).samples;
}
