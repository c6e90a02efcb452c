import { BowerbirdError } from '../../base/errors.ts';

/** @param advice what to do, after "so that there is something to look at:" */
export function noPictures(source: string, advice: string): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `No picture of ${source} lies on this machine, so nothing can be asked about it. Give another source, or ${advice}.`,
    { fields: { path: source } },
  );
}
