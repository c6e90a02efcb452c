import { randomUUID } from 'node:crypto';
import test from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { quickStorage, WRITING_SENTENCES } from './contract.ts';

// A service of another's making, where one is given: its endpoint, with AWS_ACCESS_KEY_ID and the rest in the environment.
const otherEndpoint = process.env['BOWERBIRD_TEST_S3_ENDPOINT'];
const otherBucket = process.env['BOWERBIRD_TEST_S3_BUCKET'] ?? 'bowerbird-test';

const server = await startS3Server({ pageSize: 2 });
Object.assign(process.env, server.environment, { GS_ENDPOINT_URL: server.endpoint });
test.after.always(() => server.stop());

for (const { title, run } of WRITING_SENTENCES) {
  test(`files: ${title}`, async (t) => {
    const folder = await makeFolder(t);
    await run(t, await quickStorage(folder), folder);
  });

  test(`S3, a server of our own: ${title}`, async (t) => {
    const root = `s3://bucket/${randomUUID()}`;
    await run(t, await quickStorage(root), root);
  });
}

if (otherEndpoint === undefined) {
  test('S3, another server: left out, since BOWERBIRD_TEST_S3_ENDPOINT names none', (t) => t.pass());
} else {
  for (const { title, run } of WRITING_SENTENCES) {
    test.serial(`S3, another server: ${title}`, async (t) => {
      const own = process.env['AWS_ENDPOINT_URL'];
      process.env['AWS_ENDPOINT_URL'] = otherEndpoint;
      const root = `s3://${otherBucket}/${randomUUID()}`;
      const storage = await quickStorage(root);
      process.env['AWS_ENDPOINT_URL'] = own;
      await run(t, storage, root);
    });
  }
}
