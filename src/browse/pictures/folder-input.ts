import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { openableAs } from '../../pictures/byte-names.ts';
import { unread } from '../../pictures/failures.ts';
import { isImageName } from '../../pictures/image-names.ts';
import { PictureReader } from '../../pictures/picture-reader.ts';
import type { InputPictures, InputTools } from './input-pictures.ts';

/** The images of a folder, each by the path that its row has. */
export function openFolder(folder: string, { limits }: Pick<InputTools, 'limits'>): InputPictures {
  const reader = new PictureReader(limits);
  return {
    async read(_row, row) {
      const path = await row.path();
      if (path === null || !isWithin(path)) return unread('image_missing');
      const file = join(folder, path);
      const stats = await stat(openableAs(file)).catch(() => undefined);
      return stats ? reader.read({ file, bytes: stats.size }) : unread('image_missing');
    },
    close: async () => undefined,
  };
}

/** The paths of a run never lead out of its input; whoever made the tags by hand may have others in mind. */
function isWithin(path: string): boolean {
  return !isAbsolute(path) && !path.split(/[/\\]/).includes('..') && isImageName(path);
}
