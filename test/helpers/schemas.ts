import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { packageFolder } from '../../src/base/package.ts';

/** What is wrong with a JSON file by its schema in schemas/; an empty list where nothing is. */
export function schemaProblems(schema: string, path: string): string[] {
  const ajv = new Ajv({ allErrors: true, strict: false });
  const validate = ajv.compile(JSON.parse(readFileSync(join(packageFolder, 'schemas', schema), 'utf8')));
  if (validate(JSON.parse(readFileSync(path, 'utf8')))) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
