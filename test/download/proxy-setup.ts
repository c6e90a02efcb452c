import type { ExecutionContext } from 'ava';
import { isPublicAddress } from '../../src/download/addresses.ts';
import type { Downloader } from '../../src/download/downloader.ts';
import type { DownloaderParts } from '../../src/download/machinery.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { NameError, type NameResolver } from '../../src/download/resolver.ts';
import { type HttpProxy, type HttpProxyOptions, startHttpProxy } from '../helpers/http-proxy.ts';
import { type SocksProxy, type SocksProxyOptions, startSocksProxy } from '../helpers/socks-proxy.ts';
import { startDownloader } from './setup.ts';

/** Names and what they are; every other one is public. */
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  'inside.test': ['10.0.0.1'],
  'half.test': ['8.8.8.8', '10.0.0.1'],
  'self.test': ['127.0.0.1'],
  'crowd.test': Array.from({ length: 64 }, (_, i) => `8.8.8.${i + 1}`),
};

/** Some names are private, or unknown, or cannot be asked for now. */
export class FixedNames implements NameResolver {
  readonly asked: string[] = [];

  async resolve(name: string): Promise<readonly string[]> {
    this.asked.push(name);
    if (name.startsWith('unknown') || !name.includes('.'))
      throw new NameError('not_found', 'for a test', 'answered');
    if (name.startsWith('mute')) throw new NameError('failed', 'for a test', 'silent');
    return ADDRESSES[name] ?? ['8.8.8.8'];
  }

  known(): undefined {}

  async isAnswered(): Promise<boolean> {
    return false;
  }

  async zoneExists(): Promise<boolean> {
    return true;
  }

  forgetMissing(): void {}
  close(): void {}
}

/** An HTTP proxy for one test. */
export async function httpProxy(t: ExecutionContext, options: HttpProxyOptions = {}): Promise<HttpProxy> {
  const proxy = await startHttpProxy(options);
  t.teardown(() => proxy.close());
  return proxy;
}

/** A SOCKS proxy for one test. */
export async function socksProxy(t: ExecutionContext, options: SocksProxyOptions = {}): Promise<SocksProxy> {
  const proxy = await startSocksProxy(options);
  t.teardown(() => proxy.close());
  return proxy;
}

/** A downloader that connects to public addresses alone, with these proxies. */
export function behind(
  t: ExecutionContext,
  environment: NodeJS.ProcessEnv,
  { parts, ...options }: Partial<DownloadOptions> & { parts?: Partial<DownloaderParts> } = {},
): Downloader {
  return startDownloader(t, options, {
    ...{ environment, resolver: new FixedNames(), isAddressAllowed: isPublicAddress },
    ...parts,
  });
}
