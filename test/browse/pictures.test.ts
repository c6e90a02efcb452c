import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sharp } from '../../src/decode/sharp-library.ts';
import { createDownloader } from '../../src/download/downloader.ts';
import { startImageHost } from '../helpers/image-host.ts';
import { makePicture } from '../helpers/pictures.ts';
import { serveRows } from './world.ts';

async function sizeOf(answer: Response): Promise<readonly [string | undefined, number, number]> {
  const { format, width, height } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
  return [format, width, height];
}

test('a picture comes as a WebP of our own making: a square for the grid, all of it beside', async (t) => {
  const { ask } = await serveRows(t, [{ path: 'a.jpg', aesthetic: 5 }]);
  const grid = await ask('/pictures/grid/0');
  t.is(grid.headers.get('content-type'), 'image/webp');
  t.is(grid.headers.get('x-content-type-options'), 'nosniff');
  t.deepEqual(await sizeOf(grid), ['webp', 320, 320]);
  t.deepEqual(await sizeOf(await ask('/pictures/large/0')), ['webp', 96, 72]);
});

test('what is no image is never sent, whatever it is called', async (t) => {
  const { ask, folder } = await serveRows(t, [
    { path: 'page.jpg', aesthetic: 5 },
    { path: 'drawing.png', aesthetic: 5 },
  ]);
  await writeFile(join(folder, 'pictures', 'page.jpg'), '<script>alert(1)</script>');
  await writeFile(
    join(folder, 'pictures', 'drawing.png'),
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>',
  );
  for (const row of [0, 1]) {
    const answer = await ask(`/pictures/grid/${row}`);
    t.is(answer.status, 404);
    t.is(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    t.false((await answer.text()).includes('script'));
  }
});

test('no path leads out of the folder of the images', async (t) => {
  const { ask, folder } = await serveRows(t, [
    { path: '../secret.jpg', aesthetic: 5 },
    { path: 'secret.txt', aesthetic: 5 },
    { path: '/etc/hostname.jpg', aesthetic: 5 },
  ]);
  const picture = await makePicture(1);
  await writeFile(join(folder, 'secret.jpg'), picture);
  await writeFile(join(folder, 'pictures', 'secret.txt'), picture);
  await symlink('/etc/hostname', join(folder, 'pictures', 'link.jpg'));
  for (const row of [0, 1, 2]) t.is((await ask(`/pictures/grid/${row}`)).status, 404);
});

test('hosts are asked only where that was allowed, and only for the picture that is looked at', async (t) => {
  const picture = await makePicture(2);
  const paths: string[] = [];
  const host = await startImageHost(
    new Map(
      ['/a.jpg', '/b.jpg'].map((path) => [
        path,
        (_request, response) => {
          paths.push(path);
          response.writeHead(200).end(picture);
        },
      ]),
    ),
  );
  t.teardown(() => host.stop());
  const rows = ['a', 'b'].map((name) => ({ url: `${host.origin}/${name}.jpg`, aesthetic: 5 }));
  const shut = await serveRows(t, rows);
  t.is((await shut.ask('/pictures/grid/0?refetch')).status, 403);
  const open = await serveRows(t, rows, {
    downloader: () => createDownloader({ threadCount: 1, allowPrivateAddresses: true }),
  });
  await open.json('/rows?count=2');
  await open.json('/rows/0');
  t.is((await open.ask('/pictures/grid/0')).status, 404);
  t.deepEqual(paths, []);
  t.deepEqual(await sizeOf(await open.ask('/pictures/large/0?refetch')), ['webp', 96, 72]);
  t.is((await open.ask('/pictures/grid/0?refetch')).status, 200);
  t.deepEqual(paths, ['/a.jpg', '/a.jpg']);
});

test('a host at an address of this network is not asked unless that is allowed', async (t) => {
  const { ask } = await serveRows(t, [{ url: 'http://127.0.0.1:1/a.jpg', aesthetic: 5 }], {
    downloader: () => createDownloader({ threadCount: 1 }),
  });
  const answer = await ask('/pictures/grid/0?refetch');
  t.is(answer.status, 404);
  t.regex(await answer.text(), /private|address/i);
});
