import { forEachIndex, indexWorkgroups, makeKernel } from '../kernel';
import { tf } from '../tf';
import { plain } from './activate';
import { latheBackend } from './lathe-backend';
import { taped } from './taped';
import { value, type Value } from './value';

/** `x + y`, both of one shape. */
export function add(x: Value, y: Value): Value {
  const backend = latheBackend();
  const [a, b] = [plain(x), plain(y)];
  if (!backend) return value(tf.add(a, b));
  const storage = backend.activationStorage;
  const result = backend.allocate(a.shape, storage);
  const kernel = makeKernel({
    name: 'add',
    bindings: [
      { name: 'a', access: 'read', storage: backend.storageOf(a) },
      { name: 'b', access: 'read', storage: backend.storageOf(b) },
      { name: 'result', access: 'read_write', storage },
    ],
    workgroups: indexWorkgroups(a.size),
    flops: a.size,
    bytes: 12 * a.size,
    body: `${forEachIndex(a.size)}
  result_put(index, a_at(index) + b_at(index));
}`,
  });
  backend.run(kernel, [a, b, result]);
  const output = taped([a, b], result, [], (dy) =>
    [a, b].map(({ shape }) => {
      backend.incRef(dy.dataId);
      return { dataId: dy.dataId, shape, dtype: dy.dtype };
    }),
  );
  return value(output);
}
