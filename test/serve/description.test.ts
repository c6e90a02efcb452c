import { Ajv2020 } from 'ajv/dist/2020.js';
import test from 'ava';
import { type Answer, ask, connect, jsonBody, makeWorld, octetBody, type RequestOptions } from './world.ts';

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: object }> }>;
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly security?: readonly object[];
}

interface Description {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly security?: readonly object[];
  readonly components: { securitySchemes?: object };
}

/** Formats and examples are notes to the reader. */
const ajv = new Ajv2020({ strict: false, formats: { binary: true } });

const TOKEN = 'correct-horse-battery';
const BAD_JSON: RequestOptions = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"hashes":[5]}',
};

/** Requests with every status that can be had from outside. */
const REQUESTS: readonly (readonly [route: string, path: string, options: RequestOptions, status: number])[] =
  [
    ['/score/{hash}', '/score/-123', {}, 200],
    ['/score/{hash}', '/score/6', {}, 404],
    ['/score/{hash}', '/score/x', {}, 400],
    ['/score', '/score?url=a', {}, 404],
    ['/score', '/score?url=', {}, 400],
    ['/scores', '/scores', jsonBody([-123n, 5n, 6n]), 200],
    ['/scores', '/scores', octetBody(BigInt64Array.of(5n)), 200],
    ['/scores', '/scores', BAD_JSON, 400],
    ['/scores', '/scores', jsonBody(Array(11).fill(5n)), 413],
    ['/scores', '/scores', { ...BAD_JSON, headers: { 'content-type': 'text/plain' } }, 415],
    [
      '/scores',
      '/scores',
      { ...BAD_JSON, headers: { 'content-type': 'application/json', accept: 'x/y' }, body: '{"hashes":[]}' },
      406,
    ],
    ['/healthz', '/healthz', {}, 200],
    ['/readyz', '/readyz', {}, 200],
    ['/metrics', '/metrics', {}, 200],
    ['/openapi.json', '/openapi.json', {}, 200],
  ];

test('every route is described, and real answers are as their descriptions say', async (t) => {
  const { server } = await makeWorld(t, { maxHashes: 10 });
  const agent = connect(t);
  const description = (await ask(agent, server.url, '/openapi.json')).json as Description;
  t.regex(description.openapi, /^3\.1\./);
  t.deepEqual(
    Object.entries(description.paths).map(([path, operations]) => `${Object.keys(operations)} ${path}`),
    [
      'get /healthz',
      'get /readyz',
      'get /openapi.json',
      'get /metrics',
      'get /score/{hash}',
      'get /score',
      'post /scores',
    ],
  );
  for (const [route, path, options, status] of REQUESTS) {
    const answer = await ask(agent, server.url, path, options);
    t.is(answer.status, status, path);
    const operation = description.paths[route]![(options.method ?? 'get').toLowerCase()]!;
    t.deepEqual(problemsOf(operation, answer), [], `${path} ${status}`);
  }
});

/** What an answer is that its description does not say. */
function problemsOf({ responses }: Operation, { status, headers, json }: Answer): unknown[] {
  const type = String(headers['content-type']).split(';')[0]!;
  const described = responses[status]?.content?.[type];
  if (!described) return [`${status} ${type} is not described`];
  if (type !== 'application/json') return [];
  const validate = ajv.compile(described.schema);
  return validate(json) ? [] : (validate.errors ?? []);
}

test('parameters and bodies are described as they are taken', async (t) => {
  const { server } = await makeWorld(t);
  const { paths } = (await ask(connect(t), server.url, '/openapi.json')).json as Description;
  const named = (path: string): unknown =>
    paths[path]!['get']!.parameters!.map(({ name, in: place, required }) => [name, place, required === true]);
  t.deepEqual(named('/score/{hash}'), [['hash', 'path', true]]);
  t.deepEqual(named('/score'), [
    ['url', 'query', true],
    ['text', 'query', false],
  ]);
  const content = paths['/scores']!['post']!.requestBody!.content;
  t.deepEqual(Object.keys(content), ['application/json', 'application/octet-stream']);
  const validate = ajv.compile(content['application/json']!.schema);
  t.true(validate({ hashes: ['-123', '5'] }));
  t.false(validate({ hashes: [5] }));
  t.false(validate({}));
});

test('the token is described where one is needed', async (t) => {
  const { server } = await makeWorld(t, { token: TOKEN });
  const { security, components, paths } = (await ask(connect(t), server.url, '/openapi.json'))
    .json as Description;
  t.deepEqual(security, [{ token: [] }]);
  t.deepEqual(components.securitySchemes, { token: { type: 'http', scheme: 'bearer' } });
  t.deepEqual(paths['/healthz']!['get']!.security, []);
  t.is(paths['/metrics']!['get']!.security, undefined);
});

test('the page of the description loads everything from the server itself', async (t) => {
  const { server } = await makeWorld(t);
  const agent = connect(t);
  const page = await ask(agent, server.url, '/docs');
  t.is(page.status, 200);
  const policy = String(page.headers['content-security-policy']);
  t.regex(policy, /default-src 'self'/);
  t.notRegex(policy, /https?:|\*/);
  const resources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
  t.true(resources.length >= 5);
  for (const path of resources) {
    t.regex(path, /^\/docs\//);
    t.is((await ask(agent, server.url, path)).status, 200, path);
  }
  const shown = (await ask(agent, server.url, '/docs/json')).json as Description;
  t.true('/scores' in shown.paths);
});
