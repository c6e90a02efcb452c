import test from 'ava';
import { checkNetwork } from '../../src/download/network-notes.ts';
import { NoProxy } from '../../src/download/no-proxy.ts';
import { behind, FixedNames, httpProxy } from './proxy-setup.ts';
import { imageIn, startHost } from './setup.ts';

for (const [noProxy, hosts] of [
  ['test', ['a.test', 'some.test']],
  ['some.test', ['some.test', 'a.some.test', 'SOME.test.']],
  ['.some.test', ['some.test', 'a.some.test']],
  ['*.some.test', ['some.test', 'a.some.test']],
  ['x.org some.test,', ['some.test']],
  ['some.test:PORT', ['some.test']],
  ['*', ['some.test']],
] as const) {
  test(`no_proxy "${noProxy}" covers ${hosts.join(', ')}`, async (t) => {
    const host = await startHost(t);
    const proxy = await httpProxy(t);
    for (const name of ['no_proxy', 'NO_PROXY']) {
      const environment = {
        http_proxy: `http://127.0.0.1:${proxy.port}`,
        [name]: noProxy.replace('PORT', String(host.port)),
      };
      const resolver = new FixedNames();
      resolver.resolve = async () => ['127.0.0.1'];
      const downloader = behind(t, environment, { parts: { resolver, isAddressAllowed: () => true } });
      for (const hostname of hosts)
        imageIn(t, await downloader.download(`http://${hostname}:${host.port}/ok.jpg`));
    }
    t.deepEqual(proxy.asked, []);
  });
}

for (const [noProxy, hostname] of [
  ['some.test', 'awesome.test'],
  ['some.test', 'some.test.org'],
  ['some.test:1', 'some.test'],
  ['8.8.8.8', 'some.test'],
  ['8.8.8.0/24', '8.8.9.8'],
  ['2001:4860::/32', '8.8.8.8'],
] as const) {
  test(`no_proxy "${noProxy}" does not cover ${hostname}`, async (t) => {
    const host = await startHost(t);
    const proxy = await httpProxy(t);
    const downloader = behind(t, { http_proxy: `http://127.0.0.1:${proxy.port}`, no_proxy: noProxy });
    imageIn(t, await downloader.download(`http://${hostname}:${host.port}/ok.jpg`));
    t.is(proxy.asked.length, 1);
  });
}

test('what in no_proxy is no name, address or range is told', (t) => {
  const fit = [
    'a.test',
    '.a.test:80',
    '*.a.test',
    'bücher.test',
    '8.8.8.8:1',
    '8.0.0.0/8',
    '[::1]:80',
    '::1',
    '*',
  ];
  const unfit = [
    '0.1',
    '10.',
    '10.0.0',
    'a%b.test',
    'http://a.test',
    'wild*.test',
    'a.test:x',
    '8.8.8.8/',
    'me@a.test',
    '**',
  ];
  t.deepEqual(new NoProxy(fit.join()).unfit, []);
  t.deepEqual(new NoProxy(unfit.join(' ')).unfit, unfit);
  const environment = { http_proxy: 'http://127.0.0.1:1', no_proxy: 'a.test wild*.test' };
  const notes = checkNetwork({ threadCount: 1 }, environment);
  t.regex(notes.at(-1)!, /^"wild\*\.test" in no_proxy is no name/);
  t.is(notes.length, 2);
  t.deepEqual(checkNetwork({ threadCount: 1 }, { no_proxy: 'wild*.test' }), []);
});

test('names and addresses in no_proxy are read as those of URLs', (t) => {
  const noProxy = new NoProxy(
    'b\u00fccher.example .\u4f8b.test 2001:db8:0:0::1,[2001:DB8::2] ::ffff:8.8.4.4',
  );
  for (const host of ['xn--bcher-kva.example', 'a.xn--fsq.test', '2001:db8::1', '2001:db8::2', '8.8.4.4'])
    t.true(noProxy.covers(host, 80), host);
  t.false(new NoProxy('0.1,b.test').covers('10.0.0.1', 80));
});

test('no_proxy takes addresses and ranges of them, and ports', (t) => {
  const noProxy = new NoProxy('8.8.0.0/16,2001:4860::/32 1.1.1.1:81,[2606:4700::1]:443,2620:fe::fe');
  for (const [host, port] of [
    ['8.8.4.4', 80],
    ['::ffff:8.8.4.4', 80],
    ['2001:4860::8888', 80],
    ['1.1.1.1', 81],
    ['2606:4700::1', 443],
    ['2620:fe::fe', 80],
    ['2620:fe::fe', 443],
  ] as const)
    t.true(noProxy.covers(host, port), host);
  for (const [host, port] of [
    ['8.9.4.4', 80],
    ['2001:4861::1', 80],
    ['1.1.1.1', 80],
    ['2606:4700::1', 80],
    ['x8.8.4.4', 80],
  ] as const)
    t.false(noProxy.covers(host, port), host);
});
