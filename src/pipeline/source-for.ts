import { createDownloader } from '../download/downloader.ts';
import type { OpenHostBudget } from '../download/host-budget.ts';
import { holdsPictures, type RunPlan } from '../shards/plan.ts';
import type { ScoreConfig } from './config.ts';
import { PictureSource } from './picture-source.ts';
import type { RowSource, SourceTools } from './row-source.ts';
import { UrlSource } from './url-source.ts';

/** Where the images of a run come from. @param openHostBudget where hosts are shared with other processes @throws BowerbirdError as `createDownloader` */
export function sourceFor(
  { config, plan }: { config: ScoreConfig; plan: RunPlan },
  temporaryFolder: string,
  openHostBudget?: OpenHostBudget,
): (tools: SourceTools) => RowSource {
  const { resources, download } = config;
  const { maxBytesInFlight } = resources;
  if (holdsPictures(plan)) {
    const { maxBytes } = download;
    return (tools) => new PictureSource({ plan, maxBytes, resources, temporaryFolder }, tools);
  }
  const downloader = createDownloader(
    { ...download, maxBytesInFlight },
    { ...(openHostBudget && { openHostBudget }) },
  );
  const { saveConsent, outageLimitMs } = config;
  return (tools) => new UrlSource({ downloader, saveConsent, outageLimitMs }, tools);
}
