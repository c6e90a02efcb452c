import { createRequire } from 'node:module';
import type * as XzDecompress from 'xz-decompress';

/** CommonJS whose names an `import` does not find. */
const { XzReadableStream }: typeof XzDecompress = createRequire(import.meta.url)('xz-decompress');

/** What comes of packed bytes, or why nothing does. */
export type Unpacked = Uint8Array | 'too large' | 'damaged';

/**
 * Unpacks an xz stream in WebAssembly, up to a number of bytes: what would give more is given up as soon as that shows. A stream
 * that asks for a dictionary of more than 64 MiB is damaged for the decoder, which holds one. What stands behind the stream is not read.
 */
export async function unpackXz(packed: Uint8Array, maxBytes: number): Promise<Unpacked> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(packed);
      controller.close();
    },
  });
  const reader = new XzReadableStream(source).getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks, bytes);
      bytes += value.length;
      if (bytes > maxBytes) {
        // One stream at a time has the decoder: it must be given back.
        await reader.cancel();
        return 'too large';
      }
      chunks.push(value);
    }
  } catch {
    return 'damaged';
  }
}
