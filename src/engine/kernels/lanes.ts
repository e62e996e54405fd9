/**
 * Rows shared by the lanes of a workgroup, or taken by one invocation each: on a software adapter barriers cost more than
 * they bring, on a GPU neighbouring lanes should read neighbouring numbers.
 */
import { foldWorkgroups, forEachIndex, indexWorkgroups, type Kernel } from '../kernel';

/** How the rows of a kernel are shared. */
export interface Lanes {
  /** Lanes that share a row: 1 or 64. */
  count: number;
  workgroups: Kernel['workgroups'];
  /** Head of `main`: what follows has `row: u32` and `lane: u32`. Close it with `}`. */
  head: string;
  /** A loop over `i: u32` below `length`, the lane's share of it. */
  each(length: number, body: string): string;
  /** Statements after which the variable `name` holds the sum over all lanes, added in a fixed order; `by` says how. */
  combine(name: string, by?: string): string;
}

const SHARED = 64;

/** Lanes for `rows` rows of `length` numbers each. */
export function lanesFor(rows: number, length: number, software: boolean): Lanes {
  const alone = software ? length <= 4096 : length <= 32;
  if (alone) {
    return {
      count: 1,
      workgroups: indexWorkgroups(rows, 16),
      head: `${forEachIndex(rows, 16)}
  let row = index;
  let lane = 0u;`,
      each: (count, body) => `for (var i = 0u; i < ${count}u; i++) { ${body} }`,
      combine: () => '',
    };
  }
  return {
    count: SHARED,
    workgroups: foldWorkgroups(rows),
    head: `var<workgroup> shares: array<f32, ${SHARED}>;
@compute @workgroup_size(${SHARED})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * groups.x;
  if (row >= ${rows}u) { return; }`,
    each: (count, body) => `for (var i = lane; i < ${count}u; i += ${SHARED}u) { ${body} }`,
    combine: (name, by = 'a + b') => `
  shares[lane] = ${name};
  workgroupBarrier();
  for (var half = ${SHARED / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { let a = shares[lane]; let b = shares[lane + half]; shares[lane] = ${by}; }
    workgroupBarrier();
  }
  ${name} = shares[0];
  workgroupBarrier();`,
  };
}
