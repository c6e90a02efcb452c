import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { packageFolder } from '../../src/base/package.ts';
import { LIMITS } from '../../src/heads/limits.ts';
import { lengthField, type Message, message } from '../../src/models/onnx/protobuf-writer.ts';
import { bytesInMemory } from '../../src/weights/byte-source.ts';
import { ZipArchive } from '../../src/weights/zip-archive.ts';
import { writeZip, type ZipPart } from './pth-writer.ts';

/** Made by scripts/make-saved-model-fixtures.py. */
export const SAVED_MODELS: string = join(packageFolder, 'test', 'heads', 'saved-models');

/** A node by its name, its operation, what it is given and, where it calls a function, that function's name. */
export type NodeSketch = readonly [name: string, op: string, inputs: readonly string[], calls?: string];

/** A function without arguments: its nodes, and the value that it gives. */
export type FunctionSketch = readonly [name: string, nodes: readonly NodeSketch[], gives: string];

/** The parts of a zip archive, inflated, by their names without the folder. */
export function partsOf(name: string): Map<string, Buffer> {
  const file = readFileSync(join(SAVED_MODELS, `${name}.zip`));
  const archive = new ZipArchive(bytesInMemory(file), LIMITS);
  return new Map(
    [...archive.names].map((part) => [part.slice(part.indexOf('/') + 1), archive.unpack(part, 2 ** 20)!]),
  );
}

/** Parts in an archive that deflates. */
export function zipParts(parts: ReadonlyMap<string, Buffer>): Buffer {
  return writeZip([...parts].map(([name, content]) => deflated(name, content)));
}

/** A part that is deflated; `lies` are what the directory says otherwise. */
export function deflated(name: string, content: Buffer, lies: Partial<ZipPart> = {}): ZipPart {
  const stored = writeZip([{ name, content }]);
  const crc = stored.readUInt32LE(stored.length - 22 - 46 - Buffer.byteLength(name) + 16);
  return { name, content: deflateRawSync(content), method: 8, bytes: content.length, crc, ...lies };
}

/** A SavedModel of a graph that is written by hand, with the variables of the fixture `plain`. */
export function sketchModel(
  nodes: readonly NodeSketch[],
  { functions = [], output = 'out:0' }: { functions?: readonly FunctionSketch[]; output?: string } = {},
): Buffer {
  const tensor = (key: string, name: string): Message =>
    message(lengthField(1, key), lengthField(2, lengthField(1, name)));
  const signature = message(
    lengthField(1, 'serving_default'),
    lengthField(2, message(lengthField(1, tensor('x', 'in:0')), lengthField(2, tensor('y', output)))),
  );
  const library = functions.map(([name, body, gives]) =>
    lengthField(
      1,
      message(
        lengthField(1, message(lengthField(1, name), lengthField(3, lengthField(1, 'y')))),
        ...body.map((node) => lengthField(3, nodeOf(node))),
        lengthField(4, message(lengthField(1, 'y'), lengthField(2, gives))),
      ),
    ),
  );
  const graph = message(
    ...nodes.map((node) => lengthField(1, nodeOf(node))),
    lengthField(2, message(...library)),
  );
  const saved = lengthField(2, message(lengthField(2, graph), lengthField(5, signature)));
  const parts = partsOf('plain');
  return zipParts(new Map([...parts, ['saved_model.pb', Buffer.concat(saved)]]));
}

function nodeOf([name, op, inputs, calls]: NodeSketch): Message {
  return message(
    lengthField(1, name),
    lengthField(2, op),
    ...inputs.map((input) => lengthField(3, input)),
    ...(calls === undefined
      ? []
      : [
          lengthField(
            5,
            message(lengthField(1, 'f'), lengthField(2, lengthField(10, lengthField(1, calls)))),
          ),
        ]),
  );
}
