import {
  embedding as embeddingKernel,
  embeddingGradient,
  positionGradient,
  type Embedding,
} from '../kernels/embedding';
import { tf } from '../tf';
import { latheBackend } from './lathe-backend';
import { gradientOf, taped } from './taped';
import { value, type Value } from './value';

/**
 * A row of `table` for each token, and, where there are, the row of its position added.
 * @param ids `[batch, time] int32`, each below the vocabulary.
 * @param table `[vocabulary, width] float32`.
 * @param positions `[context, width] float32`, at least `time` rows.
 * @returns `[batch, time, width]`.
 */
export function embedding(ids: tf.Tensor, table: tf.Tensor, positions: tf.Tensor | null): Value {
  const backend = latheBackend();
  const [batch, time] = ids.shape;
  const [vocabulary, width] = table.shape;
  if (!backend) {
    const rows = tf.gather(table.as2D(vocabulary, width), ids.as1D().toInt()).reshape([batch, time, width]);
    return value(positions ? tf.add(rows, tf.slice(positions, [0, 0], [time, width])) : rows);
  }
  const shape: Embedding = { batch, time, vocabulary, width };
  const storage = backend.activationStorage;
  const result = backend.allocate([batch, time, width], storage);
  backend.run(embeddingKernel(shape, positions !== null, storage), [
    ids,
    table,
    ...(positions ? [positions] : []),
    result,
  ]);
  const output = taped([table, ...(positions ? [positions] : [])], result, [ids], (dy) => {
    const tables = gradientOf(backend, table);
    backend.run(embeddingGradient(shape, backend.storageOf(dy)), [ids, dy, tables]);
    if (!positions) return [tables];
    const gradient = gradientOf(backend, positions);
    backend.run(positionGradient(shape, positions.shape[0], backend.storageOf(dy)), [dy, gradient]);
    return [tables, gradient];
  });
  return value(output);
}
