/**
 * PowerSGD (Vogels, Karimireddy and Jaggi, 2019): a matrix M of gradients travels as P = M Q and Q = Mᵀ P̂, of few columns
 * each, in two sums; P̂ is the sum of all P with orthonormal columns, and P̂ Qᵀ is what all take for the sum of M. What a
 * member's own M loses, M - P̂ (Mᵀ P̂)ᵀ, is added to it in the next step. Each step starts with the Q of the one before; after
 * a view change, with one made from a seed, so that those who came late have the same.
 *
 * Weights with one axis, and matrices that this would not make half as small, travel as float32.
 */
import { randomStream } from '../../base/random';
import type { Matrix, VectorShape } from '../reduce/layout';
import { addTo, subtractTo } from '../reduce/vector-math';
import { SUM_NODE } from '../wire/frame';
import type { Contribute, Scheme, Stream } from './codec';
import { float32 } from './formats/float32';
import { orthonormalise, product, timesLeft, timesRight } from './low-rank';
import { sumOfRoots } from './rounded';
import type { CodecSession, Opening } from './session';
import { Versions } from './versions';

/** A matrix that travels as two factors. Places are in the vectors of all P and all Q. */
interface Factored extends Matrix {
  rank: number;
  p: number;
  q: number;
}

/** What one bucket, once all before it are there, lets be sent. */
interface Part {
  /** Of its factored matrices, the last of which numbers come with this bucket: places in all P and all Q. */
  matrices: Factored[];
  p: [number, number];
  q: [number, number];
  /** Parts of the bucket that travel as they are. */
  rest: [number, number][];
  /** Buckets that hold numbers of its matrices, and its own. */
  needs: number[];
}

const sizeOf = (parts: readonly (readonly [number, number])[]): number =>
  parts.reduce((sum, [start, end]) => sum + end - start, 0);

/** A float32 sum of matrices may not overflow in a product with Q: larger numbers are taken for not finite. */
const factors = { ...float32, limit: 2 ** 100 };

function planOf(shape: VectorShape, rank: number): { parts: Part[]; p: number; q: number } {
  const fits = shape.matrices
    .filter(({ rows, columns }) => 2 * Math.min(rank, rows, columns) * (rows + columns) < rows * columns)
    .toSorted((a, b) => a.offset - b.offset);
  const touches = ({ offset, rows, columns }: Matrix, [start, end]: readonly [number, number]): boolean =>
    offset < end && offset + rows * columns > start;
  let p = 0;
  let q = 0;
  const parts = shape.buckets.map((bucket, index): Part => {
    const [start, end] = bucket;
    const firstP = p;
    const firstQ = q;
    const matrices = fits
      .filter((matrix) => shape.buckets.findLastIndex((other) => touches(matrix, other)) === index)
      .map((matrix): Factored => {
        const own = Math.min(rank, matrix.rows, matrix.columns);
        const factored = { ...matrix, rank: own, p, q };
        p += own * matrix.rows;
        q += own * matrix.columns;
        return factored;
      });
    const rest: [number, number][] = [];
    let at = start;
    for (const matrix of fits.filter((other) => touches(other, bucket))) {
      if (matrix.offset > at) rest.push([at, matrix.offset]);
      at = Math.min(end, matrix.offset + matrix.rows * matrix.columns);
    }
    if (at < end) rest.push([at, end]);
    const needs = shape.buckets.flatMap((other, i) =>
      i === index || matrices.some((matrix) => touches(matrix, other)) ? [i] : [],
    );
    return { matrices, p: [firstP, p], q: [firstQ, q], rest, needs };
  });
  return { parts, p, q };
}

/** A stream of this scheme: which part, and what of it. */
interface Role {
  part: number;
  kind: 'p' | 'q' | 'rest';
}

export function powersgdSession(rank: number, shape: VectorShape): CodecSession {
  const plan = planOf(shape, rank);
  const residuals = new Versions(() => new Float32Array(shape.gradients));

  const seeded = (matrix: Factored, all: Float32Array, only: (k: number) => boolean, seed: number): void => {
    const random = randomStream(seed, 'powersgd', matrix.offset);
    for (let i = 0; i < matrix.columns * matrix.rank; i++) {
      const value = random.normal();
      if (only(i % matrix.rank)) all[matrix.q + i] = value;
    }
  };
  /** Q to start with, of a view. */
  const fresh = (): Float32Array => {
    const all = new Float32Array(plan.q);
    for (const { matrices } of plan.parts) for (const matrix of matrices) seeded(matrix, all, () => true, 0);
    return all;
  };
  let epoch = -1;
  let starts = new Versions(fresh);

  function open({ epoch: now, seq, member, contributes, sum }: Opening): Scheme {
    if (now !== epoch) {
      starts = new Versions(fresh);
      epoch = now;
    }
    const residual = member ? residuals.begin(seq) : null;
    const start = starts.begin(seq);
    const sumP = new Float32Array(plan.p);
    const sumQ = new Float32Array(plan.q);
    const streams: Stream[] = [];
    const roles: Role[] = [];
    const streamOf = plan.parts.map((part, index) => {
      const addStream = (kind: Role['kind'], target: Float32Array): number => {
        if (target.length === 0) return -1;
        roles.push({ part: index, kind });
        return streams.push({ format: kind === 'rest' ? float32 : factors, target, residual: null }) - 1;
      };
      const p = addStream('p', sumP.subarray(...part.p));
      const q = addStream('q', sumQ.subarray(...part.q));
      return { p, q, rest: addStream('rest', new Float32Array(sizeOf(part.rest))) };
    });
    const added = new Set<number>();
    const sent = new Set<number>();
    // Parts of which one factor is there: who contributes nothing may have the second before the first.
    const halves = new Set<number>();
    // Streams that a bucket waits for: its own, and the factors of matrices with numbers in it.
    const waits = plan.parts.map((_, bucket) => {
      const wanted = plan.parts.flatMap(({ matrices }, i) =>
        matrices.length > 0 && plan.parts[i].needs.includes(bucket) ? [streamOf[i].p, streamOf[i].q] : [],
      );
      return new Set([...wanted, streamOf[bucket].rest].filter((stream) => stream >= 0));
    });
    const part = (all: Float32Array, offset: number, length: number): Float32Array =>
      all.subarray(offset, offset + length);
    const eachOf = (index: number, work: (matrix: Factored) => void): void => plan.parts[index].matrices.forEach(work);

    function sendP(index: number, contribute: Contribute): void {
      sent.add(index);
      const { p } = streamOf[index];
      if (p < 0 || !residual) return;
      const own = new Float32Array(streams[p].target.length);
      eachOf(index, (matrix) => {
        const { offset, rows, columns, rank: own_rank } = matrix;
        timesRight(
          part(residual, offset, rows * columns),
          rows,
          columns,
          part(start, matrix.q, columns * own_rank),
          own_rank,
          part(own, matrix.p - plan.parts[index].p[0], rows * own_rank),
        );
      });
      contribute(p, SUM_NODE, own);
    }

    function sendQ(index: number, finite: boolean, contribute: Contribute): void {
      const { q } = streamOf[index];
      const own = new Float32Array(streams[q].target.length);
      if (!finite) {
        // Without P there is nothing to say, and no reason to be taken for the one whose numbers are not finite.
        if (contributes) contribute(q, SUM_NODE, own);
        return;
      }
      eachOf(index, (matrix) => {
        const { offset, rows, columns, rank: width } = matrix;
        const p = part(sumP, matrix.p, rows * width);
        orthonormalise(p, rows, width);
        if (!contributes || !residual) return;
        const m = part(residual, offset, rows * columns);
        const ownQ = part(own, matrix.q - plan.parts[index].q[0], columns * width);
        timesLeft(m, rows, columns, p, width, ownQ);
        const sentOf = new Float32Array(rows * columns);
        product(p, ownQ, rows, columns, width, sentOf);
        subtractTo(m, m, sentOf);
      });
      if (contributes) contribute(q, SUM_NODE, own);
    }

    function decode(index: number): void {
      eachOf(index, (matrix) => {
        const { offset, rows, columns, rank: width } = matrix;
        const q = part(sumQ, matrix.q, columns * width);
        product(part(sumP, matrix.p, rows * width), q, rows, columns, width, part(sum, offset, rows * columns));
        part(start, matrix.q, columns * width).set(q);
        // A column of zeros would stay so for ever: it looks elsewhere in the next step.
        const dead = Array.from({ length: width }, (_, k) => {
          for (let column = 0; column < columns; column++) if (q[column * width + k] !== 0) return false;
          return true;
        });
        if (dead.includes(true)) seeded(matrix, start, (k) => dead[k], seq + 1);
      });
    }

    return {
      streams,
      add(bucket, roots, contribute) {
        added.add(bucket);
        const values = sumOfRoots(roots);
        const [from, to] = shape.buckets[bucket];
        const { rest } = plan.parts[bucket];
        const own = new Float32Array(sizeOf(rest));
        let at = 0;
        for (const [start_, end] of rest) {
          own.set(values.subarray(start_ - from, end - from), at);
          at += end - start_;
        }
        if (residual && to <= shape.gradients) {
          let next = from;
          for (const [start_, end] of [...rest, [to, to]]) {
            const mine = residual.subarray(next, start_);
            addTo(mine, mine, values.subarray(next - from, start_ - from));
            next = end;
          }
        }
        if (own.length > 0) contribute(streamOf[bucket].rest, SUM_NODE, own);
        for (const [index, { needs }] of plan.parts.entries()) {
          if (!sent.has(index) && needs.every((need) => added.has(need))) sendP(index, contribute);
        }
      },
      finished(stream, finite, contribute) {
        const { part: index, kind } = roles[stream];
        if (kind === 'p') sendQ(index, finite, contribute);
        if (kind !== 'rest' && finite) {
          if (halves.has(index)) decode(index);
          else halves.add(index);
        }
        if (kind === 'rest' && finite) {
          let at = 0;
          for (const [from, to] of plan.parts[index].rest) {
            sum.set(streams[stream].target.subarray(at, at + to - from), from);
            at += to - from;
          }
        }
        const complete: number[] = [];
        for (const [bucket, wanted] of waits.entries()) {
          if (wanted.delete(stream) && wanted.size === 0) complete.push(bucket);
        }
        return complete;
      },
      end(finite) {
        if (!finite) return;
        residuals.end(seq);
        starts.end(seq);
      },
    };
  }

  return {
    config: { name: 'powersgd', rank },
    shape,
    exact: false,
    get memory() {
      return residuals.bytes + starts.bytes;
    },
    open,
    commit(seq) {
      residuals.commit(seq);
      starts.commit(seq);
    },
    rollback(seq) {
      residuals.rollback(seq);
      starts.rollback(seq);
    },
  };
}
