import { foldWorkgroups, forEachIndex, indexWorkgroups, makeKernel, type Kernel, type Storage } from '../../kernel';
import { tf } from '../../tf';
import { latheBackend } from '../lathe-backend';
import { plain } from '../activate';
import type { Value } from '../value';
import { anchored, anchoredOps, type Loss } from './loss';

/**
 * Softmax cross-entropy `Σ wᵢ · -log softmax(zᵢ)[tᵢ]`; loss and gradient in one dispatch.
 * @param logits `[rows, classes]`.
 * @param targets `[rows] int32`; -1: the row counts for nothing.
 * @param weights `[rows] float32`.
 */
export function softmaxCrossEntropy(logits: Value, targets: tf.Tensor, weights: tf.Tensor): Loss {
  const backend = latheBackend();
  const outputs = plain(logits);
  const [rows, classes] = outputs.shape;
  if (!backend) {
    const hot = tf.mul(tf.oneHot(targets.as1D().toInt(), classes), weights.as2D(rows, 1));
    // Rows without a target have a row of zeros above: their weight must be 0 too.
    const weight = tf.sum(hot, 1, true);
    const gradient = tf.sub(tf.mul(tf.softmax(outputs.as2D(rows, classes)), weight), hot);
    return {
      anchor: anchoredOps([outputs], [gradient]),
      rows: tf.neg(tf.sum(tf.mul(tf.logSoftmax(outputs.as2D(rows, classes)), hot), 1)),
    };
  }
  const losses = backend.allocate([rows]);
  const gradient = backend.allocate(outputs.shape);
  const kernel = crossEntropyKernel(rows, classes, backend.storageOf(outputs), backend.software);
  backend.run(kernel, [outputs, targets, weights, losses, gradient]);
  return {
    anchor: anchored(backend, [outputs], [gradient]),
    rows: tf.engine().makeTensorFromTensorInfo(losses),
  };
}

/** Classes from which a workgroup shares a row. */
const MANY = 256;
const SHARED = 64;

function crossEntropyKernel(rows: number, classes: number, storage: Storage, software: boolean): Kernel {
  const shared = classes > MANY || (!software && classes > 64);
  const lanes = shared ? SHARED : 1;
  const each = (body: string): string => `for (var i = lane; i < ${classes}u; i += ${lanes}u) { ${body} }`;
  /** Combines what the lanes of a workgroup have: in a fixed order, by halves. */
  const combine = (name: string, by: string): string =>
    shared
      ? `
  shares[lane] = ${name};
  workgroupBarrier();
  for (var half = ${SHARED / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { let a = shares[lane]; let b = shares[lane + half]; shares[lane] = ${by}; }
    workgroupBarrier();
  }
  ${name} = shares[0];
  workgroupBarrier();`
      : '';
  const head = shared
    ? `var<workgroup> shares: array<f32, ${SHARED}>;
@compute @workgroup_size(${SHARED})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * groups.x;
  if (row >= ${rows}u) { return; }`
    : `${forEachIndex(rows, 16)}
  let row = index;
  let lane = 0u;`;
  return makeKernel({
    name: 'softmax cross-entropy',
    bindings: [
      { name: 'logits', access: 'read', storage },
      { name: 'goals', access: 'read', storage: 'int32' },
      { name: 'weights', access: 'read', storage: 'float32' },
      { name: 'losses', access: 'read_write', storage: 'float32' },
      { name: 'gradient', access: 'read_write', storage: 'float32' },
    ],
    workgroups: shared ? foldWorkgroups(rows) : indexWorkgroups(rows, 16),
    flops: 6 * rows * classes,
    bytes: 8 * rows * classes,
    body: `${head}
  let first = row * ${classes}u;
  var most = -3.4e38;
  ${each('most = max(most, logits_at(first + i));')}
  ${combine('most', 'max(a, b)')}
  var sum = 0.0;
  ${each('sum += exp(logits_at(first + i) - most);')}
  ${combine('sum', 'a + b')}
  let goal = goals[row];
  let weight = select(0.0, weights[row], goal >= 0);
  ${each(`
    let share = exp(logits_at(first + i) - most) / sum;
    gradient[first + i] = weight * (share - select(0.0, 1.0, i32(i) == goal));`)}
  if (lane == 0u) {
    losses[row] = weight * (most + log(sum) - logits_at(first + u32(max(goal, 0))));
  }
}`,
  });
}
