// Tests run as compiled JavaScript: `npm test` compiles src, test, scripts and bench into .build first.
const buildFolder = process.env.BOWERBIRD_BUILD_FOLDER ?? '.build';
const { openCommandPool } = await import(
  new URL(`${buildFolder}/test/helpers/command-pool.js`, import.meta.url)
);

export default {
  files: [`${buildFolder}/test/**/*.test.js`],
  // Native modules and signal handling need real processes.
  workerThreads: false,
  // More than the cores that a machine has at the least: many tests wait for a process or a host.
  concurrency: 3,
  // Decides nothing: a test that waits for what never comes ends by it.
  timeout: '20m',
  failWithoutAssertions: true,
  environmentVariables: { BOWERBIRD_COMMAND_POOL: await openCommandPool() },
};
