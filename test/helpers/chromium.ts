import { existsSync } from 'node:fs';

/** Where Chromium is; undefined where it is not installed, and CHROMIUM does not say where. */
export const chromiumPath: string | undefined = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));
