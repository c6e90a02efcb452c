import { BowerbirdError } from '../../base/errors.ts';

/** @param advice what to do, after "so that there is something to look at:" */
export function noPictures(source: string, advice: string): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `No picture of ${source} lies on this machine, so nothing can be asked about it. Give another source, or ${advice}.`,
    { fields: { path: source } },
  );
}

/** One picture alone makes no pair. */
export function noPair(source: string): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `Of ${source} one picture alone lies on this machine, and a pair needs two. Give a source of more, or ask otherwise: --mode rating, --mode keep.`,
    { fields: { path: source } },
  );
}

/** A table has neither pictures nor links to some. */
export function noImageColumn(source: string, cause: BowerbirdError): BowerbirdError {
  return new BowerbirdError(
    'BB_COLUMN_MISSING',
    `${source} has no column of images, so there is no picture to ask about. Give the folder of a run, a folder of images, tar archives, or Parquet files with a column of images.`,
    { cause, fields: { path: source } },
  );
}

export function noImages(source: string, cause: BowerbirdError): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_NOT_FOUND',
    `The folder ${source} holds nothing to ask about: it is no run, and no images, tar archives or Parquet files with a column of images lie in it. Give another.`,
    { cause, fields: { path: source } },
  );
}
