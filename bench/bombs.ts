// CPU seconds that a decoder process spends on each of the costliest small files, refused or not.
// Run: npm run bench:bombs        (Linux: it reads the child's CPU time from /proc)
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { Sharp } from 'sharp';
import { packageFolder } from '../src/base/package.ts';
import { createDecoder } from '../src/decode/decoder.ts';
import { chunk, writePng } from '../src/decode/png-chunks.ts';
import { sharp } from '../src/decode/sharp-library.ts';
import { blackPng, gifScreen, repeatLastScan } from '../test/decode/crafted.ts';
import { clip } from '../test/helpers/transforms.ts';
import { cpuSecondsOf } from './support/processes.ts';

function odd(...path: string[]): Buffer {
  return readFileSync(join(packageFolder, 'test', 'decode', 'odd', ...path));
}

function solid(side: number): Sharp {
  return sharp({ create: { width: side, height: side, channels: 3, background: '#305070' } });
}

/** RGBA of 16 bits, all zero: the most bytes that a pixel of a PNG can have. */
function deepPng(width: number, height: number, interlaced: boolean): Buffer {
  // An interlaced picture has at most twice as many rows, each with its filter byte.
  const rows = Buffer.alloc(width * 8 * height + 2 * height);
  const shape = { width, height, bitDepth: 16, colourType: 6, interlaced };
  const file = { ...shape, palette: undefined, plain: undefined, dataChunks: [] };
  return writePng(file, [chunk('IDAT', deflateSync(rows, { level: 9 }))]);
}

const progressive = await sharp({ create: { width: 8000, height: 8000, channels: 3, background: '#305070' } })
  .jpeg({ progressive: true })
  .toBuffer();
const files: Record<string, Buffer> = {
  'WebP of 63 MP in 30 bytes': odd('webp', 'bomb-63mp.webp'),
  'AVIF of 60 MP in 2 KB': odd('avif', 'bomb-60mp.avif'),
  'AVIF of 60 MP that claims 40 x 30': odd('avif', 'bomb-60mp-small-claim.avif'),
  'PNG of 1 x 9,000,000': odd('png', 'bomb-1x9000000.png'),
  'PNG with 20 MB in a zTXt of 20 KB': odd('png', 'bomb-ztxt.png'),
  'PNG with 20 MB in an iTXt': odd('png', 'bomb-itxt.png'),
  'PNG with 20 MB in an iCCP': odd('png', 'bomb-iccp.png'),
  'GIF with a screen of 63 MP': gifScreen(8000, 7900),
  'GIF with 6,000,000 empty comments': gifScreen(8, 8, 6_000_000),
  'ICO with a PNG of 256 MP': odd('ico', 'bomb-png.ico'),
  'JPEG with 20,000 scans': repeatLastScan(progressive, 20_000),
  'within the limits: WebP of 16.7 MP in one colour': await solid(4096).webp({ lossless: true }).toBuffer(),
  'within the limits: AVIF of 16.7 MP in one colour': await solid(4096).avif({ effort: 0 }).toBuffer(),
  'within the limits: bilevel PNG of 64 MP in 9 KB': blackPng(8000, 8000),
  'within the limits: 16-bit RGBA PNG of 64 MP': deepPng(8000, 8000, false),
  'within the limits: the same, interlaced': deepPng(8000, 8000, true),
  'within the limits: progressive JPEG of 64 MP': progressive,
};

const decoder = createDecoder({ transforms: [clip(224)], mode: 'exact', processes: 1, timeoutMs: 120_000 });
await decoder.tryOut();
for (const [name, bytes] of Object.entries(files)) {
  const pid = decoder.pids[0]!;
  const before = cpuSecondsOf(pid);
  const outcome = await decoder.decode(bytes);
  const cpuSeconds = cpuSecondsOf(pid) - before;
  const verdict = outcome.kind === 'failed' ? outcome.reason : 'decoded';
  console.log(`${name} (${bytes.length} bytes): ${verdict}, ${cpuSeconds.toFixed(2)} CPU-s`);
}
await decoder.stop();
