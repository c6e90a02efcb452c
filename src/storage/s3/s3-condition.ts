import type { S3Scheme } from './s3-client.ts';

/** A command of the SDK, as far as headers can be added to it. */
interface WithHeaders {
  readonly middlewareStack: { add(middleware: never, options: never): void };
}

/** What has to stand at a place for a write to be done: nothing, or the object of an ETag. */
export type Condition = 'absent' | { readonly tag: string };

/** A condition among a command's own settings. Google has headers of its own. */
export function conditionOf(
  scheme: S3Scheme,
  condition: Condition | undefined,
): { readonly IfNoneMatch?: string; readonly IfMatch?: string } {
  if (condition === undefined || scheme === 'gs') return {};
  return condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.tag };
}

/** Adds Google's condition that an object is not there, where the service is Google's. */
export function withGeneration<T extends WithHeaders>(
  scheme: S3Scheme,
  command: T,
  condition: Condition | undefined,
): T {
  if (scheme !== 'gs' || condition !== 'absent') return command;
  const middleware =
    (next: (args: unknown) => unknown) => (args: { request: { headers: Record<string, string> } }) => {
      args.request.headers['x-goog-if-generation-match'] = '0';
      return next(args);
    };
  command.middlewareStack.add(middleware as never, { step: 'build', name: 'firstWins' } as never);
  return command;
}
