import { join } from 'node:path';
import test from 'ava';
import { checkValues } from '../../src/cli/flags.ts';
import { SERVE_FLAGS, serveOptions } from '../../src/cli/serve-flags.ts';
import { runCli } from '../helpers/run-cli.ts';
import { build, makeFolder } from '../store/rows.ts';
import { makeWorld, ROWS } from './world.ts';

/** The options that flags give, in an environment of their own. */
function optionsOf(
  flags: Record<string, unknown>,
  environment: Record<string, string> = {},
): ReturnType<typeof serveOptions> {
  const defaults = Object.fromEntries(
    Object.entries(SERVE_FLAGS).map(([name, flag]) => [name, flag.default]),
  );
  return serveOptions(checkValues(SERVE_FLAGS, { ...defaults, ...flags }), environment);
}

test('by default the server listens on loopback, to anybody there', (t) => {
  t.like(optionsOf({}), { host: '127.0.0.1', port: 8420, rateLimit: 0, corsOrigins: [], maxHashes: 10_000 });
  t.false('token' in optionsOf({}));
});

test('beyond loopback a token is needed, or the word that none is', (t) => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.evil.example', '1270.0.0.1']) {
    t.throws(
      () => optionsOf({ host }),
      { code: 'BB_USAGE', message: /BOWERBIRD_TOKEN.*--allow-anonymous/ },
      host,
    );
    t.notThrows(() => optionsOf({ host, 'allow-anonymous': true }), host);
    t.like(optionsOf({ host }, { BOWERBIRD_TOKEN: 'abcdefgh' }), { host, token: 'abcdefgh' });
  }
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost'])
    t.notThrows(() => optionsOf({ host }), host);
});

test('the token of the command line goes before that of the environment', (t) => {
  t.is(optionsOf({ token: 'from-the-flag' }, { BOWERBIRD_TOKEN: 'from-outside' }).token, 'from-the-flag');
  for (const token of ['', 'short', 'with space', 'ümläutübergang', 'line\nbreak-line'])
    t.throws(() => optionsOf({}, { BOWERBIRD_TOKEN: token }), { code: 'BB_USAGE' }, JSON.stringify(token));
});

test('origins and proxies are checked before the server starts', (t) => {
  t.like(optionsOf({ 'cors-origin': 'https://example.org, http://localhost:3000' }), {
    corsOrigins: ['https://example.org', 'http://localhost:3000'],
  });
  for (const origin of [
    'example.org',
    'https://example.org/',
    'https://example.org/page',
    'null',
    'https://*.org/',
  ])
    t.throws(() => optionsOf({ 'cors-origin': origin }), { code: 'BB_USAGE', message: /origin/ }, origin);
  t.like(optionsOf({ 'trust-proxy': '10.0.0.0/8,::1' }), { trustedProxies: ['10.0.0.0/8', '::1'] });
  for (const network of ['example.org', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/x', 'true'])
    t.throws(() => optionsOf({ 'trust-proxy': network }), { code: 'BB_USAGE' }, network);
});

test('a port that is taken, and a folder that is no store, end the command before it answers', async (t) => {
  const { server } = await makeWorld(t);
  const folder = await makeFolder(t);
  const path = join(folder, 'scores');
  await build(path, ROWS);
  const taken = await runCli(['serve', path, '--port', String(server.port)]);
  t.is(taken.exitCode, 2);
  t.regex(taken.stderr, /another process listens there.*\[BB_LISTEN\]/s);
  const noStore = await runCli(['serve', folder, '--port', '0']);
  t.is(noStore.exitCode, 2);
  t.regex(noStore.stderr, /BB_STORE_NOT_FOUND/);
});
