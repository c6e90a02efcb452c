import test, { type ExecutionContext } from 'ava';
import { sharp } from '../../src/decode/sharp-library.ts';
import { childrenOf } from '../helpers/children-of.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { withPreload } from '../helpers/preload.ts';
import {
  type CliResult,
  LOOPBACK_FLAGS,
  runCli,
  runCliAlone,
  startCli,
  startCommand,
} from '../helpers/run-cli.ts';
import { makeWorld, sharedWorld, type World } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';

const theWorld = sharedWorld({ rowCount: 40, delayMs: 20 });

function scoreArgs(world: World, out: string): string[] {
  const flags = ['--number-sample-per-shard', '20', '--save-embeddings', ...LOOPBACK_FLAGS];
  return ['score', world.shard, '--output-folder', world.path(out), ...flags];
}

let wholeRun: Promise<CliResult> | undefined;

/** Runs until a few rows have ended while others wait for their answer, does something to children of the run, lets it go on. */
async function disturb(
  t: ExecutionContext,
  { script, signal, flags = [] }: { script: string; signal: NodeJS.Signals; flags?: readonly string[] },
): Promise<CliResult> {
  const world = await theWorld();
  wholeRun ??= runCli(scoreArgs(world, 'whole'));
  t.is((await wholeRun).exitCode, 0);
  const served = world.host.requests.get('/15.jpg') ?? 0;
  const letGo = world.hold(24);
  const run = startCommand([...scoreArgs(world, `${script}-${signal}`), '--thread-count', '4', ...flags]);
  await until(() => run.hasEnded() || (world.host.requests.get('/15.jpg') ?? 0) > served);
  const victims = childrenOf(await run.pid, script);
  t.is(victims.length, 1);
  for (const victim of victims) process.kill(victim, signal);
  letGo();
  const result = await run.ended;
  t.is(result.exitCode, 0, result.stderr);
  t.deepEqual(await digestRun(world.path(`${script}-${signal}`)), await digestRun(world.path('whole')));
  return result;
}

for (const script of ['model-worker', 'decode-worker']) {
  test.serial(
    `a run whose ${script} is killed tells so, loses nothing and writes the same bytes`,
    async (t) => {
      t.regex((await disturb(t, { script, signal: 'SIGKILL' })).stderr, /SIGKILL.*done again/s);
    },
  );
}

test.serial(
  'a run whose encoder stops answering goes on with another process and writes the same bytes',
  async (t) => {
    const flags = ['--encoder-timeout', '8'];
    const { stderr } = await disturb(t, { script: 'model-worker', signal: 'SIGSTOP', flags });
    t.regex(stderr, /The encoder gave no answer within 8000 ms and was ended\. .*done again/);
  },
);

test.serial('an image that kills the encoder fails alone; its batch is scored', async (t) => {
  const world = await makeWorld(t, { rowCount: 20 });
  const red = await sharp({ create: { width: 50, height: 50, channels: 3, background: '#ff0000' } })
    .png()
    .toBuffer();
  world.host.resources.set('/7.jpg', red);
  // Two thousand red pixels in what the encoder is sent, or reads from shared memory.
  const dies = `if (process.argv[1]?.includes('model-worker')) {
    const red = Buffer.alloc(6000).map((_, i) => (i % 3 === 0 ? 255 : 0));
    const fs = require('node:fs');
    const { readSync } = fs;
    fs.readSync = (descriptor, target, ...others) => {
      const count = readSync(descriptor, target, ...others);
      if (Buffer.from(target.buffer, target.byteOffset, target.byteLength).includes(red)) process.kill(process.pid, 'SIGKILL');
      return count;
    };
    require('node:module').syncBuiltinESMExports();
    const { Socket } = require('node:net');
    const { on } = Socket.prototype;
    Socket.prototype.on = function (name, listener) {
      return on.call(this, name, name !== 'data' ? listener : (chunk) => {
        if (chunk.includes(red)) process.kill(process.pid, 'SIGKILL');
        listener(chunk);
      });
    };
  }`;
  const args = ['score', world.shard, '--output-folder', world.path('out'), ...LOOPBACK_FLAGS, '--json'];
  const { exitCode, stdout, stderr } = await withPreload(world.folder, dies, () => runCliAlone(args));
  t.is(exitCode, 0, stderr);
  const { successes, reasons } = JSON.parse(stdout) as { successes: number; reasons: Record<string, number> };
  t.deepEqual(reasons, { encoder_crashed: 1, http_not_found: 2, image_broken: 2 });
  t.is(successes, 15);
});

test.serial('a decoder that cannot start ends the run before a row is blamed', async (t) => {
  const world = await makeWorld(t, { rowCount: 20 });
  const dies = `if (process.argv[1]?.includes('decode-worker')) throw new Error('the library is gone');`;
  const args = ['score', world.shard, '--output-folder', world.path('out'), ...LOOPBACK_FLAGS];
  const { exitCode, stderr } = await withPreload(world.folder, dies, () => runCliAlone(args));
  t.is(exitCode, 1);
  t.regex(stderr, /the library is gone[\s\S]*\[BB_DECODER_FAILED\]/);
  t.notRegex(stderr, /this is a defect/);
  t.is(world.host.requests.size, 0);
});

test('when the run is killed its children end too', async (t) => {
  const world = await makeWorld(t, { rowCount: 60 });
  world.hold(0);
  const args = ['score', world.shard, '--output-folder', world.path('out'), ...LOOPBACK_FLAGS];
  const run = startCli(args, { isDoomed: true });
  await until(() => world.host.requests.size >= 4);
  const children = childrenOf(run.process.pid!, 'worker');
  t.true(children.length >= 2);
  run.process.kill('SIGKILL');
  await run.ended;
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  await until(() => !children.some(isAlive));
  t.pass();
});
