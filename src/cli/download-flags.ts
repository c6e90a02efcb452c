import type { FlagTable } from './flags.ts';

/** How images are fetched, from whom, and what hosts may refuse. */
export function downloadFlags(group: string): FlagTable {
  return {
    'thread-count': {
      group,
      type: 'integer',
      min: 1,
      max: 16_384,
      word: 'auto',
      default: 'auto',
      describe: 'Requests in flight; `auto`: as many as turn out to make sense, up to 4096',
    },
    'per-host': {
      group,
      type: 'integer',
      min: 1,
      max: 16_384,
      default: 32,
      describe: 'Requests in flight to one host',
    },
    hosts: {
      group,
      type: 'string',
      describe: 'JSON file of limits for some hosts (docs/download.md)',
    },
    timeout: {
      group,
      type: 'number',
      min: 0.1,
      max: 600,
      default: 10,
      describe: 'Seconds for one image, redirects and retries included',
    },
    retries: {
      group,
      type: 'integer',
      min: 0,
      max: 20,
      default: 1,
      describe: 'Further attempts after a failure that may pass',
    },
    'max-bytes': {
      group,
      type: 'integer',
      min: 1024,
      max: 1_073_741_824,
      default: 20_971_520,
      describe: 'Bytes of the largest image file that is taken',
    },
    'outage-minutes': {
      group,
      type: 'number',
      min: 0,
      max: 10_000,
      default: 10,
      describe: 'Minutes to wait, paused, while nearly no host answers, before the run ends; 0: never pause',
    },
    'user-agent-token': {
      group,
      type: 'string',
      default: 'bowerbird',
      describe: 'Your name in the User-Agent, which opt-out headers and robots.txt can address',
    },
    'user-agent-contact': {
      group,
      type: 'string',
      describe: 'Your page (URL) or mail address in the User-Agent, for the owners of hosts',
    },
    'disallowed-header-directives': {
      group,
      type: 'list',
      default: 'noai,noimageai,noindex,noimageindex,none,noml',
      describe: 'X-Robots-Tag directives that are obeyed',
    },
    robots: {
      group,
      type: 'string',
      choices: ['respect', 'ignore'],
      default: 'ignore',
      describe:
        '`respect`: ask each host for robots.txt first, and for nothing that it disallows; or `ignore` (docs/download.md)',
    },
    tdm: {
      group,
      type: 'string',
      choices: ['respect', 'ignore'],
      default: 'respect',
      describe:
        "`respect`: images with `tdm-reservation: 1` (W3C's TDM Reservation Protocol) fail as opted_out_tdm; or `ignore`",
    },
    'allow-private-addresses': {
      group,
      type: 'boolean',
      default: false,
      describe: 'Allow loopback, private and link-local addresses',
    },
    dns: {
      group,
      type: 'list',
      describe:
        "Name servers, ADDRESS or ADDRESS:PORT, asked in turn when one fails; the system's if not given",
    },
    'ca-file': {
      group,
      type: 'string',
      describe: 'PEM file of certificates that are believed beside the usual ones',
    },
    'tls-insecure': {
      group,
      type: 'boolean',
      default: false,
      describe: 'Believe every certificate; recorded in run.json',
    },
  };
}
