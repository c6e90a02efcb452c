import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { packageFolder } from '../../src/base/package.ts';

/** What is wrong with a JSON file by its schema in schemas/; an empty list where nothing is. */
export function schemaProblems(schema: string, path: string): string[] {
  return valueProblems(schema, JSON.parse(readFileSync(path, 'utf8')));
}

/** Says of many values whether they are valid by a schema, which is compiled once. */
export function schemaChecker(schema: string): (value: unknown) => boolean {
  const validate = compile(schema);
  return (value) => validate(value) === true;
}

function compile(schema: string): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, strict: false });
  return ajv.compile(JSON.parse(readFileSync(join(packageFolder, 'schemas', schema), 'utf8')));
}

/** The same for a value that was parsed already. */
export function valueProblems(schema: string, value: unknown): string[] {
  const validate = compile(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
