/** The port that the URLs in the sample shards name; the demo's image host takes it where it is free. */
export const DEMO_PORT = 28417;

const DEMO_ORIGIN = `http://127.0.0.1:${DEMO_PORT}`;

/** The URL under which the sample shards list a path of the demo's image host. */
export function demoUrl(path: string): string {
  return DEMO_ORIGIN + path;
}

/**
 * The same URL on another port, for when `DEMO_PORT` is taken. URLs that do not point to the demo's image host
 * (the dead links among the samples) come back as they are.
 */
export function rebaseUrl(url: string, port: number): string {
  return url.startsWith(`${DEMO_ORIGIN}/`) ? `http://127.0.0.1:${port}${url.slice(DEMO_ORIGIN.length)}` : url;
}
