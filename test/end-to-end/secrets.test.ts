import { readdir, readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { startHttpProxy } from '../helpers/http-proxy.ts';
import { startNameServer } from '../helpers/name-server.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, startCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';

const SECRET = 's3cretWord';

/** All that a folder's files say, but for the input's own column of URLs. */
async function everythingIn(folder: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = path.endsWith('.parquet')
      ? (await readParquet(path))
          .map(({ URL: _, ...others }) => Object.values(others).map(String).join(' '))
          .join('\n')
      : await readFile(path, 'latin1');
    texts.set(path, text);
  }
  return texts;
}

test.serial(
  'user names and passwords of URLs, redirects and proxies are sent to no host and written nowhere',
  async (t) => {
    const world = await makeWorld(t, { rowCount: 3 });
    const nameServer = await startNameServer({ ttlS: 60 });
    const proxy = await startHttpProxy({ credentials: `me:${SECRET}` });
    t.teardown(() => Promise.all([nameServer.close(), proxy.close()]));
    const { resources, port, origin } = world.host;
    const seen: IncomingHttpHeaders[] = [];
    const picture = world.host.resources.get('/0.jpg')!;
    resources.set('/seen.jpg', (request, response) => {
      seen.push(request.headers);
      if (typeof picture === 'function') picture(request, response);
    });
    for (const [name, location] of [
      ['userinfo', `http://me:${SECRET}@127.0.0.1:${port}/seen.jpg`],
      ['userinfo-relative', `//${SECRET}@127.0.0.1:${port}/seen.jpg`],
    ]) {
      resources.set(`/${name}`, (_request, response) => {
        response.writeHead(302, { location }).end();
      });
    }
    const rows = [
      `${origin}/seen.jpg`,
      `http://proxied.test:${port}/seen.jpg`,
      `http://proxied.test:${port}/gone.jpg`,
      `http://me:${SECRET}@127.0.0.1:${port}/seen.jpg`,
      `http://${SECRET}@127.0.0.1:${port}/seen.jpg`,
      `http://proxied.test:${port}/userinfo`,
      `${origin}/userinfo-relative`,
      `http://me:${SECRET}@127.0.0.1:99999/`,
      `ftp://me:${SECRET}@127.0.0.1/`,
    ].map((URL) => ({ URL, TEXT: 'a text' }));
    await buildShard(world.shard, rows);
    const out = world.path('out');
    process.env['ALL_PROXY'] = `http://me:${SECRET}@127.0.0.1:${proxy.port}`;
    t.teardown(() => delete process.env['ALL_PROXY']);
    const flags = [...LOOPBACK_FLAGS, '--save-embeddings', '--tls-insecure', '--dns', nameServer.address];
    const run = await startCli(['score', world.shard, '--output-folder', out, ...flags]).ended;
    t.is(run.exitCode, 0, run.stderr);

    t.is(seen.length, 2);
    t.is(proxy.asked.length, 3);
    t.false(JSON.stringify(seen).includes(SECRET));
    t.false(seen.some((headers) => 'authorization' in headers || 'proxy-authorization' in headers));
    const tags = await readParquet(join(out, 'tags', '00000.parquet'));
    t.deepEqual(
      tags.map(({ reason }) => reason),
      [
        ...[null, null, 'http_not_found', 'url_invalid', 'url_invalid'],
        ...['redirect_invalid', 'redirect_invalid', 'url_invalid', 'url_scheme_unsupported'],
      ],
    );
    const texts = await everythingIn(out);
    t.true(texts.size > 8);
    for (const [path, text] of [...texts, ['stdout', run.stdout], ['stderr', run.stderr]] as const)
      t.false(text.includes(SECRET), path);
    t.is(run.stderr.match(/through the proxy/g)?.length, 1);
    t.true(run.stderr.includes(`http://127.0.0.1:${proxy.port} (ALL_PROXY)`));
    t.regex(run.stderr, /--tls-insecure/);
    const record = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as { settings: object };
    t.like(record.settings, { tls_insecure: true });
  },
);

test.serial(
  'a proxy or a file of certificates that cannot be used ends the command before work starts',
  async (t) => {
    const world = await makeWorld(t, { rowCount: 1 });
    const score = ['score', world.shard, '--output-folder', world.path('refused'), ...LOOPBACK_FLAGS];
    const noFile = await startCli([...score, '--ca-file', world.path('none.pem')]).ended;
    t.is(noFile.exitCode, 2);
    t.regex(noFile.stderr, /\[BB_CA_FILE\]/);
    const noServer = await startCli([...score, '--dns', 'dns.test']).ended;
    t.is(noServer.exitCode, 2);
    t.regex(noServer.stderr, /dns\.test.*\[BB_USAGE\]/s);
    process.env['https_proxy'] = `quic://me:${SECRET}@proxy.test`;
    t.teardown(() => delete process.env['https_proxy']);
    const noProxy = await startCli(score).ended;
    t.is(noProxy.exitCode, 2);
    t.regex(noProxy.stderr, /https_proxy.*\[BB_PROXY\]/s);
    t.false(noProxy.stderr.includes(SECRET));
    t.is(world.host.requests.size, 0);
  },
);
