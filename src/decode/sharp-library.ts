import { createRequire } from 'node:module';
import type Sharp from 'sharp';

/**
 * The library's one entrance in this room, also for tests and benchmarks.
 *
 * sharp is CommonJS: an `import` searches all its files for names before it runs them, which takes longer than
 * `require` does for all of it, and every decoding process waits for it.
 */
export const sharp: typeof Sharp = createRequire(import.meta.url)('sharp');
