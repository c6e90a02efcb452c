// Tests run as compiled JavaScript: `npm test` compiles src, test, scripts and bench into .build first.
const buildFolder = process.env.BOWERBIRD_BUILD_FOLDER ?? '.build';

export default {
  files: [`${buildFolder}/test/**/*.test.js`],
  // Native modules and signal handling need real processes.
  workerThreads: false,
  concurrency: 2,
  timeout: '4m',
  failWithoutAssertions: true,
};
