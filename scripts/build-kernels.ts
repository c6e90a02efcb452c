// Compiles every WebAssembly kernel (kernels/*.ts, AssemblyScript) into a TypeScript file with its bytes.
// Run it after a change to a kernel: npx tsc; node .build/scripts/build-kernels.js
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { packageFolder } from '../src/base/package.ts';

/** Which kernel becomes which file. */
const OUTPUTS = {
  embeddings: 'src/rescore/embeddings-kernel.generated.ts',
  jpeg: 'src/decode/jpeg/jpeg-kernel.generated.ts',
  layers: 'src/heads/layers-kernel.generated.ts',
  murmur3: 'src/samples/murmur3-kernel.generated.ts',
  resize: 'src/decode/resize-kernel.generated.ts',
  sieve: 'src/subset/sieve-kernel.generated.ts',
  training: 'src/learn/training-kernel.generated.ts',
} as const;

const FLAGS = ['-O3', '--converge', '--runtime', 'stub', '--noAssert', '--enable', 'simd'];

/** A generated file: its path from the package folder, and what it must hold. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** Compiles all kernels; writes nothing. */
export async function compileKernels(): Promise<GeneratedFile[]> {
  return Promise.all(
    Object.entries(OUTPUTS).map(async ([kernel, path]) => {
      const base64 = Buffer.from(await compile(kernel)).toString('base64');
      return {
        path,
        text: `// Made from kernels/${kernel}.ts by scripts/build-kernels.ts; do not edit.\nexport const ${kernel}KernelBase64 =\n  '${base64}';\n`,
      };
    }),
  );
}

async function compile(kernel: string): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([`${kernel}.ts`, '--outFile', `${kernel}.wasm`, ...FLAGS], {
    // A kernel may be made of several files; what the compiler looks for elsewhere is not there.
    readFile: (name) => readFile(join(packageFolder, 'kernels', name), 'utf8').catch(() => null),
    writeFile: (_name, contents) => {
      if (contents instanceof Uint8Array) binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`kernels/${kernel}.ts does not compile:\n${stderr.toString()}`);
  return binary;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, text } of await compileKernels()) {
    await writeFile(join(packageFolder, path), text);
    console.log(`${path}: ${text.length} characters`);
  }
}
