import type { S3Scheme } from './s3-client.ts';

/** A command of the SDK, as far as headers can be added to it. */
interface WithHeaders {
  readonly middlewareStack: { add(middleware: never, options: never): void };
}

/** What makes a write one that the first wins, among a command's own settings. Google has a header of its own. */
export function ifAbsent(scheme: S3Scheme): { readonly IfNoneMatch?: string } {
  return scheme === 'gs' ? {} : { IfNoneMatch: '*' };
}

/** Adds Google's condition that an object is not there, where the service is Google's. */
export function withGeneration<T extends WithHeaders>(scheme: S3Scheme, command: T): T {
  if (scheme !== 'gs') return command;
  const middleware =
    (next: (args: unknown) => unknown) => (args: { request: { headers: Record<string, string> } }) => {
      args.request.headers['x-goog-if-generation-match'] = '0';
      return next(args);
    };
  command.middlewareStack.add(middleware as never, { step: 'build', name: 'firstWins' } as never);
  return command;
}
