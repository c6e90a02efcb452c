// Ridge regression as `bowerbird train` does it; prints what bench/support/python-ridge.py prints, from the same arguments but the first.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { centreOf, MomentMaker } from '../src/learn/moments.ts';
import { fitRidge } from '../src/learn/ridge.ts';
import { peakMemoryOf } from './support/processes.ts';

const [rowsPath, targetsPath, dimension, penalty, output] = process.argv.slice(2);

const bytesOf = (path: string): ArrayBuffer => {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return byteOffset === 0 && byteLength === buffer.byteLength
    ? (buffer as ArrayBuffer)
    : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
};
const rows = new Float32Array(bytesOf(rowsPath!));
const targets = new Float64Array(bytesOf(targetsPath!));
const before = process.cpuUsage();
const observations = {
  ...{ dimension: Number(dimension), rows, targets },
  weights: new Float64Array(targets.length).fill(1),
};
const maker = await MomentMaker.open();
const centre = centreOf(observations);
const { weights, bias } = fitRidge(await maker.make(observations, centre), centre, Number(penalty));
await maker.close();
const { user, system } = process.cpuUsage(before);
await writeFile(output!, new Uint8Array(Float64Array.of(...weights, bias).buffer));
console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakBytes: peakMemoryOf(process.pid) }));
