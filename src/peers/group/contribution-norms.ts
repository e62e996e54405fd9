/** The norms of what members contribute to a transaction: owners of shards tell them, since only they see contributions. */
import { SUM_NODE } from '../wire/frame';
import type { Message } from './messages';
import type { Contribution } from './norm-guard';
import { coveredBy } from '../reduce/tree';
import type { Place } from './place';
import type { TransactionState } from './transaction';
import { numbersOf } from './view';

/** Where own norms go, and where errors in those of others are counted. */
export interface NormsHost {
  readonly place: Place;
  broadcast(message: Message): void;
  drop(reason: 'malformed'): void;
}

/** Tells the others the norms of contributions to the own shards, once they are all there. */
export function tellNorms(tx: TransactionState, host: NormsHost): void {
  const { isMember, me } = host.place;
  const { proposal, exchange } = tx;
  if (!isMember || me === null || !proposal || !exchange?.reduced || tx.norms.has(me)) return;
  const squared = exchange.norms().map((contribution) => contribution.squared);
  keepNorms(tx, me, proposal.epoch, squared);
  host.broadcast({ type: 'norms', epoch: proposal.epoch, seq: tx.seq, squared });
}

/** Takes in what an owner says; false: it has said it before. It may come before the proposal. */
export function keepNorms(tx: TransactionState, member: number, epoch: number, squared: number[]): boolean {
  if (tx.normsEpoch !== epoch) {
    tx.norms.clear();
    tx.normsEpoch = epoch;
  }
  if (tx.norms.has(member)) return false;
  tx.norms.set(member, squared);
  return true;
}

/**
 * What all members contributed; null: some owner has not told yet. An owner that has voted without a word of norms, or sends
 * what cannot be, counts as one that saw nothing: the others saw the rest of the same vectors.
 */
export function contributionsOf(tx: TransactionState, host: NormsHost): Contribution[] | null {
  const { proposal, exchange } = tx;
  if (!proposal || !exchange || !host.place.view) return null;
  const sums = exchange.norms().map(({ source, node }) => ({ source, node, squared: 0 }));
  for (const member of numbersOf(host.place.view)) {
    const told = tx.normsEpoch === proposal.epoch ? tx.norms.get(member) : undefined;
    if (!told) {
      if (tx.votesEpoch === proposal.epoch && tx.votes.has(member)) continue;
      return null;
    }
    if (told.length !== sums.length || !told.every((squared) => squared >= 0)) {
      // Counted once, however often this is asked.
      host.drop('malformed');
      tx.norms.set(member, new Array<number>(sums.length).fill(0));
      continue;
    }
    for (const [at, squared] of told.entries()) sums[at].squared += squared;
  }
  const { deal } = proposal;
  return sums.map(({ source, node, squared }) => {
    const { start, end } = node === SUM_NODE ? { start: 0, end: deal.length } : coveredBy(node, deal.length);
    const items: number[] = [];
    for (let item = start; item < end; item++) if (deal[item] === source) items.push(item);
    return { source, items, norm: Math.sqrt(squared) };
  });
}
