import { createDownloader } from '../download/downloader.ts';
import type { OpenHostBudget } from '../download/host-budget.ts';
import { holdsPictures, type RunPlan } from '../shards/plan.ts';
import type { ScoreConfig } from './config.ts';
import { PictureSource } from './picture-source.ts';
import type { RowSource, SourceTools } from './row-source.ts';
import { UrlSource } from './url-source.ts';

/**
 * Where the images of a run come from, for any number of its shards one after the other: what is learned of hosts (their paces, names, robots.txt), and
 * connections, are kept from one to the next.
 */
export interface ImageSupply {
  /** What stages take their images from; closed before the next is opened. */
  open(tools: SourceTools): RowSource;
  /** Closes all connections at once. */
  close(): Promise<void>;
}

/**
 * @param temporaryFolder where images that lie in files elsewhere are kept meanwhile
 * @param openHostBudget where hosts are shared with other processes
 * @throws BowerbirdError as `createDownloader`
 */
export function imageSupplyFor(
  { config, plan }: { config: ScoreConfig; plan: RunPlan },
  temporaryFolder: string,
  openHostBudget?: OpenHostBudget,
): ImageSupply {
  const { resources, download } = config;
  const { maxBytesInFlight } = resources;
  if (holdsPictures(plan)) {
    const { maxBytes } = download;
    return {
      open: (tools) => new PictureSource({ plan, maxBytes, resources, temporaryFolder }, tools),
      close: async () => undefined,
    };
  }
  const downloader = createDownloader(
    { ...download, maxBytesInFlight },
    { ...(openHostBudget && { openHostBudget }) },
  );
  const { saveConsent, outageLimitMs } = config;
  return {
    open: (tools) => new UrlSource({ downloader, saveConsent, outageLimitMs }, tools),
    close: () => downloader.close(),
  };
}
