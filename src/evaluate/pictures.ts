/** WebP in base64 by the places of a collection. */
export type FoundPictures = ReadonlyMap<number, string>;

export const NO_PICTURES: FoundPictures = new Map();
