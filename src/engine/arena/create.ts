import type { Backend } from '../backend';
import type { tf } from '../tf';
import type { UpdateRule } from '../update-rule';
import type { Arena, ArenaOptions } from './arena';
import { BufferArena } from './buffer-arena';
import { TensorArena } from './tensor-arena';

/** The arena of `variables` on `backend`. */
export function createArena(
  backend: Backend,
  variables: tf.Variable[],
  rule: UpdateRule,
  options: ArenaOptions,
): Arena {
  return backend.webgpu
    ? new BufferArena(backend.webgpu, variables, rule, options)
    : new TensorArena(variables, rule, options);
}
