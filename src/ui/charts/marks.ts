/** Marks of a scatter on a canvas. Each is drawn once and then stamped: ten thousand of them cost a few milliseconds. */

/** What a mark looks like. */
export type MarkShape = 'disc' | 'ring' | 'cross';

/** How a state looks: a shape and a colour beside its word, never a colour alone. */
export interface StateLook {
  word: string;
  shape: MarkShape;
  /** A CSS colour. */
  color: string;
}

/** Puts marks on a canvas whose context is scaled by the device’s pixel ratio. */
export class Marks {
  #context: CanvasRenderingContext2D;
  #ratio: number;
  #stamps = new Map<string, ImageBitmap>();

  constructor(context: CanvasRenderingContext2D, ratio: number) {
    this.#context = context;
    this.#ratio = ratio;
  }

  /** A mark with its centre at (x, y). `color` is a CSS colour without custom properties. */
  put(shape: MarkShape, color: string, radius: number, x: number, y: number): void {
    const key = `${shape} ${color} ${radius}`;
    let stamp = this.#stamps.get(key);
    if (!stamp) {
      stamp = makeStamp(shape, color, radius, this.#ratio);
      this.#stamps.set(key, stamp);
    }
    const size = stamp.width / this.#ratio;
    this.#context.drawImage(stamp, x - size / 2, y - size / 2, size, size);
  }
}

function makeStamp(shape: MarkShape, color: string, radius: number, ratio: number): ImageBitmap {
  const size = Math.ceil((radius * 2 + 3) * ratio);
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext('2d');
  if (!context) return canvas.transferToImageBitmap();
  context.scale(ratio, ratio);
  const middle = size / ratio / 2;
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = 1.25;
  context.beginPath();
  if (shape === 'cross') {
    const arm = radius * 0.8;
    context.moveTo(middle - arm, middle - arm);
    context.lineTo(middle + arm, middle + arm);
    context.moveTo(middle + arm, middle - arm);
    context.lineTo(middle - arm, middle + arm);
    context.stroke();
  } else {
    context.arc(middle, middle, radius - (shape === 'ring' ? 0.5 : 0), 0, 2 * Math.PI);
    if (shape === 'ring') context.stroke();
    else context.fill();
  }
  // A bitmap is cheaper to draw from than a canvas, which might change.
  return canvas.transferToImageBitmap();
}
