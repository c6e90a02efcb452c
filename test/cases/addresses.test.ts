import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { isPublicAddress } from '../../src/download/addresses.ts';
import { createDownloader } from '../../src/download/downloader.ts';
import { CachingResolver } from '../../src/download/resolver.ts';

const CASE = fileURLToPath(new URL('../../../../shared/cases/21-hosts-zone-id', import.meta.url));

test('21-hosts-zone-id: the name is refused, and nothing is thrown', async (t) => {
  if (!existsSync(CASE)) {
    t.log(`skipped: ${CASE} is not there`);
    t.pass();
    return;
  }
  const hostsFile = join(CASE, readdirSync(CASE)[0]!);
  const resolver = new CachingResolver({ timeoutMs: 1000, hostsFile });
  const downloader = createDownloader({ threadCount: 1 }, { resolver, isAddressAllowed: isPublicAddress });
  t.teardown(() => downloader.close());
  const outcome = await downloader.download('http://vlan.test/a.jpg');
  t.is(outcome.kind === 'failed' && outcome.reason, 'address_refused');
});
