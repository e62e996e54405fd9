import { tf } from '../tf';
import { attributesOf, only } from './attributes';

/**
 * Gradient of `einsum`: that of an operand is the `einsum` of the result's gradient and the other operand, with the axes
 * that only this operand has spread out.
 */
export const einsumGradient: tf.GradConfig = {
  kernelName: tf.Einsum,
  saveAllInputs: true,
  gradFunc: (dy, operands, attrs) => {
    const { equation } = attributesOf<{ equation: string }>(attrs);
    const [terms, result] = equation.replace(/\s/g, '').split('->');
    const names = terms.split(',');
    const gradient = (i: number): tf.Tensor => {
      const others = operands.flatMap((tensor, j) => (j === i ? [] : [{ name: names[j], tensor }]));
      const known = [{ name: result, tensor: only(dy) }, ...others];
      const letters = [...names[i]];
      const kept = letters.filter((letter) => known.some(({ name }) => name.includes(letter)));
      const product = contract(known, kept.join(''));
      const sides = letters.map((letter, axis) => (kept.includes(letter) ? operands[i].shape[axis] : 1));
      return tf.broadcastTo(product.reshape(sides), operands[i].shape);
    };
    return Object.fromEntries(operands.map((_, i) => [i, () => gradient(i)]));
  },
};

/** `einsum`, which cannot take scalars: they are factors. */
function contract(operands: { name: string; tensor: tf.Tensor }[], result: string): tf.Tensor {
  const axes = operands.filter(({ name }) => name !== '');
  const factors = operands.filter(({ name }) => name === '');
  const product =
    axes.length > 0
      ? tf.einsum(`${axes.map(({ name }) => name).join(',')}->${result}`, ...axes.map(({ tensor }) => tensor))
      : tf.scalar(1);
  return factors.reduce<tf.Tensor>((made, { tensor }) => tf.mul(made, tensor), product);
}
