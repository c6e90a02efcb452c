import type { Clock } from '../base/clock.ts';
import {
  afterAnAnswer,
  type DnsAnswer,
  type DnsQuestion,
  type DnsReply,
  failedAnswer,
  refusalOfAlias,
} from './dns-message.ts';

/** How aliases are followed. */
export interface AliasTools {
  /** Asks name servers one question, for so long at most. */
  readonly ask: (question: DnsQuestion, timeoutMs: number) => Promise<DnsReply>;
  /** What all questions about one name may take. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Asks for a name, and, where a server tells an alias and nothing of its target, for that. Name servers that resolve
 * follow aliases themselves; those of a zone need not, and some forwarders do not either.
 */
export async function askAlongAliases(
  { ask, timeoutMs, clock }: AliasTools,
  question: DnsQuestion,
): Promise<DnsAnswer> {
  const untilMs = clock.nowMs() + timeoutMs;
  let passed: readonly string[] = [];
  let ttlS = Number.POSITIVE_INFINITY;
  let reply = await ask(question, timeoutMs);
  while (reply.kind === 'alias') {
    passed = [...passed, ...reply.passed];
    ttlS = Math.min(ttlS, reply.ttlS);
    const refusal = refusalOfAlias(reply.target, passed);
    if (refusal) return refusal;
    const leftMs = untilMs - clock.nowMs();
    if (leftMs <= 0) return failedAnswer('no name server answered for its aliases in time');
    reply = afterAnAnswer(await ask({ ...question, name: reply.target }, leftMs));
  }
  return reply.kind === 'found' ? { ...reply, ttlS: Math.min(ttlS, reply.ttlS) } : reply;
}
