// Tests run as compiled JavaScript: `npm test` compiles src, test, scripts and bench into .build first.
import { fileURLToPath } from 'node:url';

const buildFolder = process.env.BOWERBIRD_BUILD_FOLDER ?? '.build';
const helper = (name) => new URL(`${buildFolder}/test/helpers/${name}`, import.meta.url);
const { openCommandPool } = await import(helper('command-pool.js'));

export default {
  files: [`${buildFolder}/test/**/*.test.js`],
  // Native modules and signal handling need real processes.
  workerThreads: false,
  // More than the cores that a machine has at the least: many tests wait for a process or a host.
  concurrency: 3,
  // Decides nothing: a test that waits for what never comes ends by it.
  timeout: '20m',
  failWithoutAssertions: true,
  environmentVariables: {
    BOWERBIRD_COMMAND_POOL: await openCommandPool(),
    // Each thread would else begin with memory of its own, which the system has to clear: a fifth of a command's page faults.
    MALLOC_ARENA_MAX: '1',
    NODE_OPTIONS: `--require ${JSON.stringify(fileURLToPath(helper('short-processes.cjs')))}`,
  },
};
