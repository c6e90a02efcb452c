import { BowerbirdError, messageOf } from '../../base/errors.ts';
import {
  ElementType,
  type ModelSummary,
  summarizeModel,
  type TensorInfo,
} from '../../models/onnx/model-summary.ts';
import { OnnxFile } from '../../models/onnx/onnx-file.ts';
import { type ImageModelSpec, OUTPUT_NOUNS } from '../spec.ts';

/** The parts of a model that the wrapper connects to. */
export interface ModelInterface {
  readonly input: TensorInfo;
  readonly output: TensorInfo;
  readonly opset: number;
  readonly fixedBatch: number | undefined;
}

/** Broadcasting Max, and Cast by number, came with opset 8. */
const OLDEST_OPSET = 8;
const OLDEST_IR_VERSION = 3;

/** A refusal of a model, naming it and the problem. */
export function graphError(path: string, problem: string, cause?: unknown): BowerbirdError {
  const details = { fields: { model: path }, ...(cause === undefined ? {} : { cause }) };
  return new BowerbirdError('BB_MODEL_GRAPH', `The model ${path} cannot be used: ${problem}`, details);
}

/** Opens a model's file, has it read, and closes it. @throws BowerbirdError BB_MODEL_GRAPH where it is no ONNX model */
export function readModel<T>(path: string, read: (file: OnnxFile, summary: ModelSummary) => T): T {
  const file = openModel(path);
  try {
    return read(file, summarizeModel(file));
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) throw thrown;
    throw graphError(path, `it cannot be read as ONNX: ${messageOf(thrown)}`);
  } finally {
    file.close();
  }
}

function openModel(path: string): OnnxFile {
  try {
    return new OnnxFile(path);
  } catch (thrown) {
    throw graphError(path, `it cannot be opened: ${messageOf(thrown)}`);
  }
}

/**
 * Finds the image input and the output of rows, and checks them against what is stated of the model.
 *
 * @throws BowerbirdError BB_MODEL_GRAPH
 */
export function checkInterface(
  { irVersion, opset, inputs, outputs }: ModelSummary,
  spec: ImageModelSpec,
): ModelInterface {
  const { modelPath: path } = spec;
  if (irVersion < OLDEST_IR_VERSION)
    throw graphError(path, `its IR version is ${irVersion}; ${OLDEST_IR_VERSION} or newer is needed.`);
  if (opset === undefined || opset < OLDEST_OPSET)
    throw graphError(
      path,
      `it uses opset ${opset ?? 'none'} of the standard operators; export it with opset ${OLDEST_OPSET} or newer.`,
    );
  const input = choose(inputs, 'input', spec);
  const others = inputs.filter((other) => other !== input).map(({ name }) => name);
  if (others.length > 0)
    throw graphError(
      path,
      `beside ${input.name} it also needs ${others.join(', ')}. Export the vision part alone (docs/encoders.md).`,
    );
  checkInput(input, spec);
  const output = choose(outputs, 'output', spec);
  checkOutput(output, spec);
  const batch = input.shape?.[0];
  return { input, output, opset, fixedBatch: typeof batch === 'number' && batch > 0 ? batch : undefined };
}

function choose(
  values: readonly TensorInfo[],
  role: 'input' | 'output',
  { modelPath: path, [role]: wanted }: ImageModelSpec,
): TensorInfo {
  const names = values.map(({ name }) => name).join(', ') || 'none';
  const found = wanted === undefined ? values[0] : values.find(({ name }) => name === wanted);
  if (wanted !== undefined && !found)
    throw graphError(path, `its manifest names the ${role} "${wanted}", but the ${role}s are: ${names}.`);
  if (!found) throw graphError(path, `it has no ${role}.`);
  if (wanted === undefined && values.length > 1)
    throw graphError(
      path,
      `it has several ${role}s: ${names}. Name the right one in the manifest: "${role}": "${found.name}".`,
    );
  return found;
}

function describe({ shape }: TensorInfo): string {
  return shape ? `[${shape.map((size) => size ?? '?').join(', ')}]` : 'of unknown shape';
}

function checkInput(input: TensorInfo, { modelPath: path, transform }: ImageModelSpec): void {
  const { sizePx } = transform;
  if (!isFloat(input))
    throw graphError(
      path,
      `its input ${input.name} has element type ${input.elementType}, not a float type.`,
    );
  const expected = [undefined, 3, sizePx, sizePx];
  if (input.shape && !matches(input.shape, expected))
    throw graphError(
      path,
      `its input ${input.name} is ${describe(input)}; [batch, 3, ${sizePx}, ${sizePx}] is needed.`,
    );
}

function checkOutput(output: TensorInfo, { modelPath: path, width, rows }: ImageModelSpec): void {
  if (!isFloat(output))
    throw graphError(
      path,
      `its output ${output.name} has element type ${output.elementType}, not a float type.`,
    );
  if (output.shape && !matches(output.shape, [undefined, width]))
    throw graphError(
      path,
      `its output ${output.name} is ${describe(output)}, but the manifest states ${OUTPUT_NOUNS[rows]} of ` +
        `[batch, ${width}]. Correct "dimension", or name another "output" in the manifest.`,
    );
}

function isFloat({ elementType }: TensorInfo): boolean {
  return elementType === ElementType.float32 || elementType === ElementType.float16;
}

/** Free dimensions match anything; so does an expectation of undefined. */
function matches(
  shape: readonly (number | string | undefined)[],
  expected: readonly (number | undefined)[],
): boolean {
  return (
    shape.length === expected.length &&
    shape.every(
      (size, axis) => typeof size !== 'number' || expected[axis] === undefined || size === expected[axis],
    )
  );
}
