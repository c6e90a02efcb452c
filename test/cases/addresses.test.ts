import test from 'ava';
import { isPublicAddress } from '../../src/download/addresses.ts';
import { createDownloader } from '../../src/download/downloader.ts';
import { CachingResolver } from '../../src/download/resolver.ts';
import { caseOf } from '../helpers/cases.ts';

test('21-hosts-zone-id: the name is refused, and nothing is thrown', async (t) => {
  const hostsFile = caseOf(t, '21-hosts-zone-id', 'hosts-zone-id.txt');
  if (!hostsFile) return;
  const resolver = new CachingResolver({ timeoutMs: 1000, hostsFile });
  const downloader = createDownloader({ threadCount: 1 }, { resolver, isAddressAllowed: isPublicAddress });
  t.teardown(() => downloader.close());
  const outcome = await downloader.download('http://vlan.test/a.jpg');
  t.is(outcome.kind === 'failed' && outcome.reason, 'address_refused');
});
