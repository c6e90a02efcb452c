/**
 * Prints as JSON the rows that onnxruntime makes of a converted model, for the images that compare-with-torch.py gives torch:
 *
 *   node .build/scripts/rows-of-model.js FOLDER IMAGES SIDE float32|float16
 */
import { join } from 'node:path';
import type { Precision } from '../src/models/convert/weight-plan.ts';
import { runModel } from '../test/models/convert/reference.ts';

const [folder, images, side, precision] = process.argv.slice(2) as [string, string, string, Precision];
const rows = new Array<number[]>(Number(images)).fill([]);
console.log(
  JSON.stringify(await runModel(join(folder, 'model.onnx'), { size: Number(side), rows }, precision)),
);
