import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { makeFolder, type Owner } from './make-folder.ts';
import { freePort } from './redis.ts';

const run = promisify(execFile);

/** Why tests with Slurm are left out; undefined where it is installed. */
export function withoutSlurm(): string | undefined {
  const lacks = ['slurmctld', 'slurmd', 'sbatch'].find(
    // Without a cluster some of them say so, and no version.
    (name) => spawnSync(name, ['-V']).error !== undefined,
  );
  return lacks && `${lacks} is not installed`;
}

/** A cluster of this machine alone: slurmctld and slurmd, with no accounting and nobody to be but oneself. */
export interface TestSlurm {
  /** Submits a script, and gives the job's number. */
  submit(script: string, flags: readonly string[]): Promise<string>;
  /** Waits until no job is left. */
  ended(): Promise<void>;
  cancel(job: string): Promise<void>;
}

/**
 * What manages processes: of what slurmd's version and this machine's cgroups allow, the first that starts. Jobs are tracked by
 * /proc, so that none of it is used.
 */
const CGROUPS = [
  'CgroupPlugin=disabled',
  'CgroupPlugin=cgroup/v1',
  'CgroupPlugin=autodetect\nIgnoreSystemd=yes',
];
const START_MS = 15_000;
const POLL_MS = 100;

/** Starts Slurm for a test; where it cannot run here, says why. */
export async function startSlurm(t: Owner): Promise<TestSlurm | { readonly reason: string }> {
  const folder = await makeFolder(t);
  for (const name of ['state', 'spool']) await mkdir(join(folder, name));
  const environment = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf') };
  await writeFile(environment.SLURM_CONF, await configuration(folder));
  await writeFile(join(folder, 'cgroup.conf'), `${CGROUPS[0]}\n`);
  const start = (name: string): ChildProcess => {
    const daemon = spawn(name, ['-D'], { env: environment, stdio: 'ignore' });
    t.teardown(async () => {
      if (daemon.exitCode !== null || daemon.signalCode !== null) return;
      const ended = once(daemon, 'exit');
      daemon.kill('SIGKILL');
      await ended;
    });
    return daemon;
  };
  start('slurmctld');
  for (const cgroups of CGROUPS) {
    await writeFile(join(folder, 'cgroup.conf'), `${cgroups}\n`);
    const node = start('slurmd');
    if (await isUp(node, environment)) return new Cluster(folder, environment);
  }
  const log = await readFile(join(folder, 'slurmd.log'), 'utf8').catch(() => '');
  return { reason: `slurmd does not start here: ${log.trim().split('\n').slice(-3).join(' ')}` };
}

async function isUp(node: ChildProcess, environment: NodeJS.ProcessEnv): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < START_MS; waitedMs += POLL_MS) {
    if (node.exitCode !== null || node.signalCode !== null) return false;
    const { stdout } = await run('sinfo', ['-h', '-o', '%t'], { env: environment }).catch(() => ({
      stdout: '',
    }));
    if (stdout.trim() === 'idle') return true;
    await sleep(POLL_MS);
  }
  return false;
}

class Cluster implements TestSlurm {
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#environment = environment;
  }

  async submit(script: string, flags: readonly string[]): Promise<string> {
    const path = join(this.#folder, 'job.sh');
    await writeFile(path, script);
    const { stdout } = await this.#call('sbatch', [
      ...['--parsable', '-o', join(this.#folder, 'job-%A-%a.out'), ...flags],
      path,
    ]);
    return stdout.trim();
  }

  async ended(): Promise<void> {
    while ((await this.#call('squeue', ['-h'])).stdout.trim() !== '') await sleep(POLL_MS);
  }

  async cancel(job: string): Promise<void> {
    await this.#call('scancel', [job]);
  }

  #call(name: string, args: readonly string[]): Promise<{ stdout: string }> {
    return run(name, args, { env: this.#environment, encoding: 'utf8' });
  }
}

async function configuration(folder: string): Promise<string> {
  const [controller, node] = [await freePort(), await freePort()];
  const name = hostname().replace(/\..*/, '');
  const { username } = userInfo();
  const lines = {
    ClusterName: 'test',
    ...{ SlurmctldHost: `${name}(127.0.0.1)`, SlurmctldPort: controller, SlurmdPort: node },
    ...{ SlurmUser: username, SlurmdUser: username, AuthType: 'auth/none', CredType: 'cred/none' },
    ...{ StateSaveLocation: join(folder, 'state'), SlurmdSpoolDir: join(folder, 'spool') },
    ...{ SlurmctldPidFile: join(folder, 'slurmctld.pid'), SlurmdPidFile: join(folder, 'slurmd.pid') },
    ...{ SlurmctldLogFile: join(folder, 'slurmctld.log'), SlurmdLogFile: join(folder, 'slurmd.log') },
    ...{ ProctrackType: 'proctrack/linuxproc', TaskPlugin: 'task/none', SwitchType: 'switch/none' },
    ...{ SelectType: 'select/cons_tres', SelectTypeParameters: 'CR_CPU', MpiDefault: 'none' },
    ...{ JobAcctGatherType: 'jobacct_gather/none', AccountingStorageType: 'accounting_storage/none' },
    // A job that is cancelled has so many seconds from SIGTERM to SIGKILL.
    ...{ KillWait: 2, ReturnToService: 2, SlurmdParameters: 'config_overrides' },
    SchedulerParameters: 'sched_interval=1,sched_min_interval=0',
  };
  return [
    ...Object.entries(lines).map(([key, value]) => `${key}=${value}`),
    `NodeName=${name} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`,
    'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
    '',
  ].join('\n');
}
