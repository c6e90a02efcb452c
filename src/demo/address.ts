/** The port that the URLs in the sample shards name; the demo's image host takes it where it is free. */
export const DEMO_PORT = 28417;

/** The URL under which the sample shards list a path of the demo's image host. */
export function demoUrl(path: string): string {
  return `http://127.0.0.1:${DEMO_PORT}${path}`;
}
