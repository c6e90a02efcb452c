import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';

/** The packages of bench/requirements.txt. */
const PEERS: readonly string[] = readFileSync(join(packageFolder, 'bench/requirements.txt'), 'utf8')
  .split('\n')
  .filter((line) => /^[a-z]/i.test(line))
  .map((line) => line.replace(/\[.*/, ''));

/** A Python and the packages that it has; bench/requirements.txt lists what benches look for. */
export class PythonPeers {
  /** The interpreter. */
  readonly command: string;

  /** @param path a virtual environment's folder, or an interpreter */
  constructor(path: string) {
    const inFolder = join(path, 'bin', 'python');
    this.command = existsSync(inFolder) ? inFolder : path;
    const { status, error } = spawnSync(this.command, ['--version']);
    if (status !== 0) throw new Error(`${path} is no Python: ${error?.message ?? `it ended with ${status}`}`);
  }

  /** The folder that its packages lie in. */
  get packages(): string {
    const script = "import sysconfig; print(sysconfig.get_paths()['purelib'])";
    return spawnSync(this.command, ['-c', script], { encoding: 'utf8' }).stdout.trim();
  }

  /** Name and version of Python and of every peer that is there. */
  versions(): string[] {
    const [, version] = spawnSync(this.command, ['--version'], { encoding: 'utf8' }).stdout.trim().split(' ');
    const peers = PEERS.flatMap((name) => {
      const found = this.versionOf(name);
      return found === undefined ? [] : [`${name} ${found}`];
    });
    return [`Python ${version}`, ...peers];
  }

  /** The version of a package (its name on PyPI); undefined where it is not there. */
  versionOf(distribution: string): string | undefined {
    const script = 'import sys, importlib.metadata as m; print(m.version(sys.argv[1]))';
    const { status, stdout } = spawnSync(this.command, ['-c', script, distribution], { encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  }
}
