// Makes the sidecars of a run, and is gone, as by kill -9, when it is about to do a call of the file system for the n-th time.
import { withFileSystem } from '../../src/base/file-system.ts';
import { makeSidecars } from '../../src/sidecars/make.ts';
import { interpose } from './interposed-files.ts';

const [run, outputFolder, call, nth] = process.argv.slice(2) as [string, string, string, string];
let left = Number(nth);
const deadly = interpose((made, act) => {
  if (made.call === call && --left === 0) process.kill(process.pid, 'SIGKILL');
  return act();
});
await withFileSystem(deadly, () => makeSidecars({ run, outputFolder }));
