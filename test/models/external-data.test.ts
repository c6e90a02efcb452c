import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { digestModel } from '../../src/models/digest.ts';
import { GraphBuilder } from '../../src/models/onnx/graph-builder.ts';
import { ElementType } from '../../src/models/onnx/model-summary.ts';

/** A model that says that its one weight lies in this file. */
function modelWith(file: string): Uint8Array {
  const graph = new GraphBuilder('leads_elsewhere');
  const content = { file, offset: 0, length: 4 };
  graph.initializer({ elementType: ElementType.float32, dimensions: [1], content });
  return Buffer.concat(graph.toModel({ irVersion: 9, opset: 20, description: '' }));
}

test('weights that a model says lie outside of its folder are not read', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-external-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'model', 'parts'), { recursive: true });
  for (const path of ['secret', 'model/weights', 'model/parts/weights'])
    await writeFile(join(folder, path), Buffer.alloc(4));
  const path = join(folder, 'model', 'model.onnx');
  for (const name of ['../secret', 'parts/../../secret', join(folder, 'secret'), '..']) {
    await writeFile(path, modelWith(name));
    await t.throwsAsync(
      digestModel(path),
      { code: 'BB_MODEL_GRAPH', message: /outside of its folder/ },
      name,
    );
  }
  for (const name of ['weights', 'parts/weights', './weights']) {
    await writeFile(path, modelWith(name));
    t.regex(await digestModel(path), /^[0-9a-f]{64}$/, name);
  }
});

test('weights that are a link to a device are not read', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-external-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'model.onnx');
  await writeFile(path, modelWith('weights'));
  await symlink('/dev/zero', join(folder, 'weights'));
  await t.throwsAsync(digestModel(path), { code: 'BB_MODEL_GRAPH', message: /no regular file/ });
});
