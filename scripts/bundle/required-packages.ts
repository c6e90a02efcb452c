import type { Plugin } from 'rolldown';
import { isExternal } from './packages.ts';

const REQUIRED = /createRequire\(import\.meta\.url\)\(('[^']+')\)/g;

/** Packages that a module requires, since that is faster than to import them file by file, are bundled like those that one imports. */
export function requiredPackages(): Plugin {
  return {
    name: 'required-packages',
    transform(code, id) {
      const imports: string[] = [];
      const changed = code.replace(REQUIRED, (call, target: string) => {
        if (isExternal(target.slice(1, -1), id)) return call;
        imports.push(`import * as required${imports.length} from ${target};\n`);
        return `required${imports.length - 1}`;
      });
      return imports.length === 0 ? null : { code: imports.join('') + changed };
    },
  };
}
