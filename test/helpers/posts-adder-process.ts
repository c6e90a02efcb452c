import { withFileSystem } from '../../src/base/file-system.ts';
import { addPosts } from '../../src/posts/add.ts';
import { interpose } from './interposed-files.ts';

/**
 * Adds posts in small parts, and is killed when it asks the file system for the call of a number, from 1: `TO TEMPORARY PART-ROWS CALL INPUT...`. Prints
 * how many calls it made when it comes to its end.
 */
const [to, temporaryFolder, partRows, call, ...inputs] = process.argv.slice(2);
let calls = 0;
const files = interpose((_, run) => {
  if (++calls === Number(call)) process.kill(process.pid, 'SIGKILL');
  return run();
});
const options = {
  to: to!,
  temporaryFolder: temporaryFolder!,
  partRows: Number(partRows),
  roles: {},
  text: {},
};
await withFileSystem(files, () => addPosts(inputs, options));
process.stdout.write(`${calls}\n`);
