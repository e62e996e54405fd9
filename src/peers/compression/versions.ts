/** Memory that belongs to transactions: what the last committed one left, and what those after it would. */

interface Version {
  seq: number;
  values: Float32Array;
  /** Its transaction ended with a finite sum: only then does it count. */
  ended: boolean;
}

/** A vector that every transaction rewrites as a whole, in versions. */
export class Versions {
  private committed: Float32Array | null = null;
  private pending: Version[] = [];
  private readonly spare: Float32Array[] = [];
  private readonly initial: () => Float32Array;

  /** `initial` is what is there before the first transaction. */
  constructor(initial: () => Float32Array) {
    this.initial = initial;
  }

  /** What transaction `seq` begins with; written to, it becomes what it leaves. */
  begin(seq: number): Float32Array {
    this.rollback(seq);
    this.committed ??= this.initial();
    const base = this.pending.findLast(({ ended }) => ended)?.values ?? this.committed;
    const values = this.spare.pop() ?? new Float32Array(base.length);
    values.set(base);
    this.pending.push({ seq, values, ended: false });
    return values;
  }

  /** Transaction `seq` ended well: what it left counts for those after it. */
  end(seq: number): void {
    for (const version of this.pending) if (version.seq === seq) version.ended = true;
  }

  commit(seq: number): void {
    const last = this.pending.findLast((version) => version.ended && version.seq <= seq)?.values ?? null;
    if (last) {
      this.free(this.committed);
      this.committed = last;
    }
    for (const { seq: own, values } of this.pending) if (own <= seq && values !== last) this.free(values);
    this.pending = this.pending.filter((version) => version.seq > seq);
  }

  rollback(seq: number): void {
    for (const version of this.pending) if (version.seq >= seq) this.free(version.values);
    this.pending = this.pending.filter((version) => version.seq < seq);
  }

  get bytes(): number {
    const held = [this.committed, ...this.pending.map(({ values }) => values), ...this.spare];
    return held.reduce((sum, values) => sum + (values?.byteLength ?? 0), 0);
  }

  /** One is kept for the next transaction. */
  private free(values: Float32Array | null): void {
    if (values && this.spare.length < 1) this.spare.push(values);
  }
}
