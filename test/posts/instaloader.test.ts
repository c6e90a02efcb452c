import { execFileSync } from 'node:child_process';
import { link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import test from 'ava';
import { storedXz } from '../../scripts/instaloader-tree/stored-xz.ts';
import type { PostProblem } from '../../src/posts/problems.ts';
import { unpackXz } from '../../src/posts/read/xz.ts';
import { UsersList } from '../../src/posts/users-list.ts';
import { FIRST_DAY_MS, leftOut, makePostsWorld, postFile, postNode, sums } from './posts-world.ts';

/** `{"node": {"shortcode": "é雪"}}` and a line end, packed by Python's lzma without a check, as Instaloader does. */
const PACKED_BY_PYTHON =
  '/Td6WFoAAAD/EtlBAgAhARYAAAB0L+WjAQAgeyJub2RlIjogeyJzaG9ydGNvZGUiOiAiw6npm6oifX0KAAAAAAABMSHHorKqBnKeegEAAAAAAFla';
/** `{}`, packed by the same with a dictionary of 1 GiB. */
const GREAT_DICTIONARY = '/Td6WFoAAAD/EtlBAgAhASQAAABeH8f5AQABe30AAAAAARIC1KR8tgZynnoBAAAAAABZWg==';
/** 17 MiB of blanks and `{}` in 2720 bytes, by the same; deflated once more. */
const BOMB = inflateSync(
  Buffer.from(
    'eNr7a14VEcXAwPBf6KYjE4MioxiQXaL/dPH//4KMObEMAvm/9/9bvDHu6Q/7TavUQn9kFDgWiPL3/pXzke5y2i75JVOicF2acleXr/5i3pv1yx73KAsGP4iUOFra9aj8x7Yp9TxZB+6VeKY8ehkTvInlxncXntXxvLluL58eLuvYPi18zTbfh5my+b+9OwRynE532Mcw9F/wW6+mMaVQ3rZf5WHBvOXK8W80TrdenDqjq05r4if10u+SB9hm+M74e2P91Qn8R1SDf3ydaGbIunTDu/yDBb7uPBcnCq5amyC769xGdYmYyLaXaUER+16WrYl88jSalePn8Vtr//wO0i45Kxet4PTzbrDtD80UTuuG01o597dafziyVy9+Fb+dd5rTBGG+/wKTfxRWRP7gPvt/qoYb/8o/Nfd+zzLQCzvQ3/q5ufFAKpWt3uOh/ixi/n8BRm2GN8XBy//uW1djKDV/e69h3sgJA9KsDuS33zQaYKMBNhpgowE2GmCjATYaYLgCbAJ7BcOcQRlgSz5tef3JmAECGH+KNDUc4GCa/oZ9BQPXHyawYGQUAPUjTRY=',
    'base64',
  ),
);

test('an image, a carousel whose first slide is a video, a post of the mobile interface and one of version 3 are posts; the rest is counted', async (t) => {
  const world = await makePostsWorld(t);
  const { write } = world;
  const slides = (...areVideos: boolean[]) => ({
    __typename: 'GraphSidecar',
    edge_sidecar_to_children: { edges: areVideos.map((is_video) => ({ node: { is_video } })) },
  });
  await write('in/ada/a_UTC.json.xz', storedXz(Buffer.from(postFile(postNode({ shortcode: 'image' })))));
  await write('in/ada/a_UTC.jpg', 'picture');
  await write(
    'in/ada/b_UTC.json',
    postFile(postNode({ shortcode: 'carousel', ...slides(true, false, false) })),
  );
  for (const name of ['b_UTC_1.jpg', 'b_UTC_1.mp4', 'b_UTC_2.webp', 'b_UTC_3.jpg'])
    await write(`in/ada/${name}`, 'x');
  // Timeline answers do not always have the slides: they show in the files.
  await write('in/ada/c_UTC.json', postFile(postNode({ shortcode: 'bare', __typename: 'GraphSidecar' })));
  for (const name of ['c_UTC_1.mp4', 'c_UTC_1.jpg', 'c_UTC_2.jpg']) await write(`in/ada/${name}`, 'x');
  const none = { __typename: 'GraphSidecar', edge_sidecar_to_children: { edges: [] } };
  await write('in/ada/cz_UTC.json', postFile(postNode({ shortcode: 'untold', ...none })));
  await write('in/ada/cz_UTC_1.jpg', 'x');
  const mobile = {
    ...{ shortcode: 'mobile', id: 3001, __typename: 'GraphImage', is_video: false, date: 1_700_000_001.5 },
    ...{ caption: null, edge_media_preview_like: { count: -1 }, comments: 7 },
    iphone_struct: { user: { pk: 77, username: 'Ada', full_name: 'Ada L.' } },
  };
  await write('in/ada/d_UTC.json', postFile(mobile));
  await write('in/ada/d_UTC.jpg', 'x');
  const old = {
    shortcode: 'old',
    owner: { username: 'ada' },
    date: 1_500_000_000,
    likes: { count: 1 },
    comments: { count: 0 },
  };
  await write('in/ada/e_UTC.json', JSON.stringify(old));
  await write('in/ada/e_UTC.txt', 'Caption beside\n');
  await write('in/ada/e_UTC.png', 'x');
  await write(
    'in/ada/f_UTC.json',
    postFile(postNode({ shortcode: 'film', __typename: 'GraphVideo', is_video: true })),
  );
  await write('in/ada/f_UTC.jpg', 'x');
  await write('in/ada/g_UTC.json', postFile(postNode({ shortcode: 'films', ...slides(true, true) })));
  await write('in/ada/g_UTC_1.jpg', 'x');
  await write('in/ada/h_UTC.json', postFile(postNode({ shortcode: 'deleted' })));
  await write('in/ada/i_UTC.json', postFile(postNode({ shortcode: 'empty' })));
  await write('in/ada/i_UTC.jpg', '');
  await write('in/ada/a_UTC_comments.json', '[{"id": 1}]');
  await write('in/ada/iterator_x1.json.xz', 'not looked at');
  await write('in/ada/s_UTC.json', JSON.stringify({ node: {}, instaloader: { node_type: 'StoryItem' } }));
  const counts = await world.add([world.path('in')]);
  t.deepEqual(sums(counts), [10, 6, 0, 0, 4]);
  t.deepEqual(leftOut(counts), { video: 2, picture_missing: 1, picture_empty: 1 });
  t.is(counts.folders.others, 3);
  const posts = await world.query(
    `SELECT post_id, "user", likes, comments, epoch("time") AS seconds, caption, image_path, image_count FROM posts`,
  );
  t.deepEqual(
    posts.map((row) => Object.values(row)),
    [
      ['image', 'ada', 5n, 2n, 1_700_000_000, 'Fog', world.path('in/ada/a_UTC.jpg'), 1],
      ['carousel', 'ada', 5n, 2n, 1_700_000_000, 'Fog', world.path('in/ada/b_UTC_2.webp'), 3],
      ['bare', 'ada', 5n, 2n, 1_700_000_000, 'Fog', world.path('in/ada/c_UTC_2.jpg'), 2],
      ['untold', 'ada', 5n, 2n, 1_700_000_000, 'Fog', world.path('in/ada/cz_UTC_1.jpg'), 1],
      ['mobile', 'ada', null, 7n, 1_700_000_001.5, null, world.path('in/ada/d_UTC.jpg'), 1],
      ['old', 'ada', 1n, 0n, 1_500_000_000, 'Caption beside', world.path('in/ada/e_UTC.png'), 1],
    ],
  );
  t.deepEqual(await world.query('SELECT DISTINCT first_seen, source FROM posts'), [
    { first_seen: new Date(FIRST_DAY_MS), source: 'instaloader' },
  ]);
  t.deepEqual(await world.query('SELECT "user", name, followers FROM users'), [
    { user: 'ada', name: 'Ada L.', followers: null },
  ]);
});

test('a deleted picture that comes back is added, and a known post whose picture goes keeps its place and gets its new counts', async (t) => {
  const world = await makePostsWorld(t);
  await world.write('in/a.json', postFile(postNode()));
  t.deepEqual(leftOut(await world.add([world.path('in')])), { picture_missing: 1 });
  await world.write('in/a.jpg', 'x');
  t.deepEqual(sums(await world.add([world.path('in')])), [1, 1, 0, 0, 0]);
  await rm(world.path('in/a.jpg'));
  await world.write('in/a.json', postFile(postNode({ edge_media_preview_like: { count: 9 } })), 1);
  t.deepEqual(sums(await world.add([world.path('in')])), [1, 0, 1, 0, 0]);
  t.deepEqual(await world.query('SELECT likes FROM posts'), [{ likes: 9n }]);
  const untold = { edge_media_preview_like: undefined, edge_media_to_comment: { count: 4 } };
  await world.write('in/a.json', postFile(postNode(untold)), 2);
  t.deepEqual(sums(await world.add([world.path('in')])), [1, 0, 1, 0, 0]);
  t.deepEqual(await world.query('SELECT likes, comments FROM posts'), [{ likes: 9n, comments: 4n }]);
  await world.write(
    'in/a.json',
    postFile(postNode({ ...untold, edge_media_preview_like: { count: -1 } })),
    3,
  );
  t.deepEqual(sums(await world.add([world.path('in')])), [1, 0, 1, 0, 0]);
  t.deepEqual(await world.query('SELECT likes FROM posts'), [{ likes: null }]);
});

/** What stands in a node, and why the post is left out for it. */
const WRONG: readonly (readonly [more: object, problem: PostProblem])[] = [
  [{ shortcode: null }, 'id_missing'],
  [{ shortcode: 7 }, 'id_invalid'],
  [{ shortcode: ['a'] }, 'id_invalid'],
  [{ shortcode: '' }, 'id_invalid'],
  [{ shortcode: 'x'.repeat(201) }, 'id_invalid'],
  [{ shortcode: 'a\0b' }, 'id_invalid'],
  [{ shortcode: '\ud800' }, 'id_invalid'],
  [{ owner: null }, 'user_missing'],
  [{ owner: { id: '77' } }, 'user_missing'],
  [{ owner: { id: '77', username: null } }, 'user_missing'],
  [{ owner: { username: { a: 1 } } }, 'user_invalid'],
  [{ owner: { username: 'a\nb' } }, 'user_invalid'],
  [{ edge_media_preview_like: { count: 'many' } }, 'likes_invalid'],
  [{ edge_media_preview_like: { count: 1.5 } }, 'likes_invalid'],
  [{ edge_media_preview_like: { count: true } }, 'likes_invalid'],
  [{ edge_media_preview_like: { count: [1] } }, 'likes_invalid'],
  [{ edge_media_preview_like: { count: 1e300 } }, 'likes_invalid'],
  [{ edge_media_preview_like: { count: '99999999999999999999' } }, 'likes_invalid'],
  [{ edge_media_to_comment: { count: {} } }, 'comments_invalid'],
  [{ taken_at_timestamp: 'soon' }, 'time_invalid'],
  [{ taken_at_timestamp: -5 }, 'time_invalid'],
  [{ taken_at_timestamp: 1e18 }, 'time_invalid'],
  [{ taken_at_timestamp: [0] }, 'time_invalid'],
  [{ is_video: true }, 'video'],
];

test('JSON of other types than it should be leaves the post out under the reason, and stops nothing', async (t) => {
  const world = await makePostsWorld(t);
  const expected: Partial<Record<PostProblem, number>> = {};
  for (const [i, [more, problem]] of WRONG.entries()) {
    await world.write(`in/${i}.json`, postFile(postNode({ ...more })));
    await world.write(`in/${i}.jpg`, 'x');
    expected[problem] = (expected[problem] ?? 0) + 1;
  }
  const strange = [
    '',
    '{',
    '[]',
    'null',
    '7',
    '{"a":1}',
    '{"node":7,"instaloader":{}}',
    '{"node":{},"instaloader":{"node_type":5}}',
  ];
  for (const [i, content] of strange.entries()) await world.write(`in/strange-${i}.json`, content);
  await world.write('in/latin.json', Buffer.from('{"shortcode":"caf\xe9"}', 'latin1'));
  await world.write('in/deep.json', `${'['.repeat(200_000)}`);
  await world.write(
    'in/odd.json',
    postFile(postNode({ edge_media_to_caption: { edges: 'none' }, edge_sidecar_to_children: 5, caption: 7 })),
  );
  await world.write('in/odd.jpg', 'x');
  const counts = await world.add([world.path('in')]);
  t.deepEqual(leftOut(counts), { ...expected, json_invalid: strange.length + 2 });
  t.deepEqual(sums(counts), [WRONG.length + strange.length + 3, 1, 0, 0, WRONG.length + strange.length + 2]);
  t.deepEqual(await world.query('SELECT caption, image_count FROM posts'), [
    { caption: null, image_count: 1 },
  ]);
});

test('an xz stream is unpacked as Python packs it; one that is cut, damaged, a bomb or asks for a gigabyte is left out, and the next is read', async (t) => {
  const packed = Buffer.from(PACKED_BY_PYTHON, 'base64');
  const text = (unpacked: unknown): string => Buffer.from(unpacked as Uint8Array).toString();
  const content = '{"node": {"shortcode": "é雪"}}\n';
  t.is(text(await unpackXz(packed, 1000)), content);
  const damaged = Buffer.from(packed);
  // What the first chunk is. The bytes of a stored chunk could be others, and nobody would know: there is no check.
  damaged[24]! ^= 0xff;
  for (const bytes of [
    damaged,
    packed.subarray(0, -1),
    packed.subarray(0, 5),
    Buffer.alloc(0),
    Buffer.from('{}'),
    Buffer.from(GREAT_DICTIONARY, 'base64'),
  ])
    t.is(await unpackXz(bytes, 1000), 'damaged');
  t.is(await unpackXz(packed, Buffer.byteLength(content) - 1), 'too large');
  t.is(text(await unpackXz(packed, Buffer.byteLength(content))), content);
  const long = Buffer.from('é'.repeat(100_000));
  t.is(text(await unpackXz(storedXz(long), 1_000_000)), long.toString());

  const world = await makePostsWorld(t);
  await world.write('in/a.json.xz', BOMB);
  await world.write('in/b.json.xz', damaged);
  await world.write('in/c.json.xz', storedXz(Buffer.from(postFile(postNode()))));
  await world.write('in/c.jpg', 'x');
  await world.write('in/d.json', Buffer.alloc(16 * 1024 * 1024 + 1, ' '));
  const counts = await world.add([world.path('in')]);
  t.deepEqual(leftOut(counts), { json_too_large: 2, xz_damaged: 1 });
  t.is(counts.added, 1);
});

test('nothing outside of the folder is read: links of pictures, JSON, captions and folders that lead out, FIFOs and folders by the names of files', async (t) => {
  const world = await makePostsWorld(t);
  // Its path begins as that of the folder does.
  await world.write('in-secret/p.jpg', 'secret');
  await world.write('secret/j.json', postFile(postNode({ shortcode: 'outside' })));
  await world.write('secret/t.txt', 'secret words');
  await mkdir(world.path('in'));
  const file = (name: string, more: object = {}) =>
    world.write(`in/${name}.json`, postFile(postNode({ shortcode: name, ...more })));
  await file('a');
  await symlink(world.path('in-secret/p.jpg'), world.path('in/a.jpg'));
  await symlink(world.path('secret/j.json'), world.path('in/b.json'));
  await symlink(world.path('secret'), world.path('in/linked'));
  await world.write('in/c.json', JSON.stringify({ shortcode: 'c', owner: { username: 'ada' } }));
  await symlink(world.path('secret/t.txt'), world.path('in/c.txt'));
  await world.write('in/real/c.jpg', 'x');
  await symlink(world.path('in/real/c.jpg'), world.path('in/c.jpg'));
  await file('d');
  await mkdir(world.path('in/d.jpg'));
  await file('e');
  execFileSync('mkfifo', [world.path('in/e.jpg'), world.path('in/f.json')]);
  await file('g');
  await symlink(world.path('in/nowhere'), world.path('in/g.jpg'));
  await file('h', { shortcode: '../../etc/passwd', owner: { username: '..' } });
  await link(world.path('in/real/c.jpg'), world.path('in/h.jpg'));
  const counts = await world.add([world.path('in')]);
  t.deepEqual(leftOut(counts), {
    picture_outside: 1,
    file_outside: 1,
    picture_missing: 2,
    picture_unreadable: 1,
    file_unreadable: 1,
  });
  t.deepEqual(counts.folders.passedOver, [`${world.path('in/linked')} (a link to a folder)`]);
  t.deepEqual(await world.query('SELECT post_id, "user", caption, image_path FROM posts'), [
    { post_id: 'c', user: 'ada', caption: null, image_path: world.path('in/c.jpg') },
    { post_id: '../../etc/passwd', user: '..', caption: 'Fog', image_path: world.path('in/h.jpg') },
  ]);
});

test('a post without the name of its user belongs to the folder whose number it has; the number holds a user together whose name has changed', async (t) => {
  const world = await makePostsWorld(t);
  await world.write('in/ada/id', '77\n');
  await world.write('in/eve/id', '77 or 78');
  await world.write('in/eve/c.json', postFile(postNode({ shortcode: 'c', owner: { id: '77' } })));
  await world.write('in/ada/a.json', postFile(postNode({ shortcode: 'a', owner: { id: '77' } })));
  await world.write('in/ada/b.json', postFile(postNode({ shortcode: 'b', owner: { id: '78' } })));
  for (const name of ['a', 'b']) await world.write(`in/ada/${name}.jpg`, 'x');
  const counts = await world.add([world.path('in')]);
  t.deepEqual(leftOut(counts), { user_missing: 2 });
  const again = async (owner: object, likes: number, day: number) => {
    const node = postNode({ shortcode: 'a', owner, edge_media_preview_like: { count: likes } });
    await world.write('later/a.json', postFile(node), day);
    return world.add([world.path('later')]);
  };
  t.is((await again({ id: '77', username: 'ada_renamed' }, 6, 1)).changed, 1);
  t.deepEqual(leftOut(await again({ id: '79', username: 'eve' }, 1_000_000, 2)), { user_other: 1 });
  t.deepEqual(leftOut(await again({ username: 'eve' }, 1_000_000, 2)), { user_other: 1 });
  t.deepEqual(await world.query('SELECT "user", likes FROM posts'), [{ user: 'ada', likes: 6n }]);
});

test('a list of users restricts and orders; those whom nobody has met are told', async (t) => {
  const world = await makePostsWorld(t);
  for (const user of ['ada', 'bob', 'cyd', 'dee']) {
    await world.write(
      `in/${user}/${user}.json`,
      postFile(postNode({ shortcode: user, owner: { username: user } })),
    );
    await world.write(`in/${user}/${user}.jpg`, 'x');
  }
  const list = await world.write('users.txt', '\ufeff# whom I like\n@Dee\r\n\n bob \nghost\nBOB\n');
  const users = await UsersList.read(list);
  const counts = await world.add([world.path('in')], { users });
  t.deepEqual(sums(counts), [4, 2, 0, 0, 2]);
  t.deepEqual(leftOut(counts), { user_unlisted: 2 });
  t.deepEqual(await world.query('SELECT post_id FROM posts'), [{ post_id: 'dee' }, { post_id: 'bob' }]);
  t.deepEqual(users.unmet(), ['ghost']);
  await writeFile(list, '# nobody\n');
  await t.throwsAsync(UsersList.read(list), { code: 'BB_INPUT_EMPTY' });
  await writeFile(list, 'ada\na\0b\n');
  await t.throwsAsync(UsersList.read(list), { code: 'BB_INPUT_VALUE', message: /line 2/ });
  await t.throwsAsync(UsersList.read(world.path('in')), { code: 'BB_INPUT_UNREADABLE' });
});

test('the table of posts may lie in the folder that is added, and is not read', async (t) => {
  const world = await makePostsWorld(t);
  await world.write('a.json', postFile(postNode()));
  await world.write('a.jpg', 'x');
  for (const expected of [
    [1, 1, 0, 0, 0],
    [1, 0, 0, 1, 0],
  ])
    t.deepEqual(sums(await world.add([world.folder])), expected);
  await t.throwsAsync(world.add([world.to]), { code: 'BB_USAGE' });
  await t.throwsAsync(world.add([world.path('likes/posts')]), { code: 'BB_USAGE' });
});
