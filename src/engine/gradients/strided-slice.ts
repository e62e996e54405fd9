import { tf } from '../tf';
import { attributesOf, only } from './attributes';
import { spread } from './spread';

/** Gradient of `stridedSlice`: what was cut out goes back to its place among zeros, axis by axis. */
export const stridedSliceGradient: tf.GradConfig = {
  kernelName: tf.StridedSlice,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
      attributesOf<tf.StridedSliceAttrs>(attrs);
    return {
      x: () => {
        const slice = tf.slice_util.sliceInfo(
          x.shape,
          begin,
          end,
          strides,
          beginMask,
          endMask,
          ellipsisMask,
          newAxisMask,
          shrinkAxisMask,
        );
        // Axes that the result lacks come back with one element, those that it has too many go.
        const cut = only(dy).reshape(sidesOf(slice));
        return slice.begin.reduce<tf.Tensor>((made, start, axis) => {
          const step = slice.strides[axis];
          const count = made.shape[axis];
          const forward = step > 0 ? made : tf.reverse(made, axis);
          const first = step > 0 ? start : start + (count - 1) * step;
          return spread(forward, axis, Math.abs(step), first, x.shape[axis]);
        }, cut);
      },
    };
  },
};

const sidesOf = ({ begin, end, strides }: { begin: number[]; end: number[]; strides: number[] }): number[] =>
  begin.map((start, axis) => Math.max(0, Math.ceil((end[axis] - start) / strides[axis])));
