import { LatheError } from '../../base/errors';
import { randomStream, type RandomStream } from '../../base/random';
import { idxFile } from './idx-file';
import type { Sample } from './sample';

const SEED = 23;
const SIDE = 28;
const PER_CLASS = 150;
const CLASSES = 10;
/** Families that every system has in some form; what they look like is up to the system. */
const FAMILIES = [
  'sans-serif',
  'serif',
  'monospace',
  'Georgia, serif',
  'Verdana, sans-serif',
  'Courier New, monospace',
];
const STYLES = ['', 'bold ', 'italic ', 'italic bold '];

/** Digits drawn from the system's fonts, each turned, moved, scaled and speckled a little. */
export const glyphs: Sample = {
  name: 'glyphs',
  title: 'Glyphs',
  description: '1,500 digits of 28 × 28 pixels, drawn from the fonts of this device: tell which digit it is.',

  async make() {
    const canvas = new OffscreenCanvas(SIDE, SIDE);
    const drawing = canvas.getContext('2d', { willReadFrequently: true });
    if (!drawing)
      throw new LatheError(
        'backend',
        'The browser gives no 2-D canvas to draw glyphs on. Close other tabs and try again.',
      );
    const random = randomStream(SEED, 'glyphs');
    const examples = CLASSES * PER_CLASS;
    const pixels = new Uint8Array(examples * SIDE * SIDE);
    const labels = new Uint8Array(examples);
    for (let i = 0; i < examples; i++) {
      labels[i] = i % CLASSES;
      draw(drawing, String(labels[i]), random);
      copyGrey(drawing.getImageData(0, 0, SIDE, SIDE).data, pixels, i * SIDE * SIDE, random);
    }
    return [
      idxFile('glyphs/glyphs-images-idx3-ubyte', [examples, SIDE, SIDE], pixels),
      idxFile('glyphs/glyphs-labels-idx1-ubyte', [examples], labels),
    ];
  },
};

function draw(drawing: OffscreenCanvasRenderingContext2D, text: string, random: RandomStream): void {
  drawing.setTransform(1, 0, 0, 1, 0, 0);
  drawing.fillStyle = '#000';
  drawing.fillRect(0, 0, SIDE, SIDE);
  const size = 19 + random.integer(6);
  drawing.font = `${STYLES[random.integer(STYLES.length)]}${size}px ${FAMILIES[random.integer(FAMILIES.length)]}`;
  drawing.textAlign = 'center';
  drawing.textBaseline = 'alphabetic';
  // Centred by what is drawn, not by the line: fonts place digits differently within it.
  const box = drawing.measureText(text);
  const rise = (box.actualBoundingBoxAscent - box.actualBoundingBoxDescent) / 2;
  const shift = (): number => (random.uniform() - 0.5) * 5;
  drawing.translate(SIDE / 2 + shift(), SIDE / 2 + shift());
  drawing.rotate((random.uniform() - 0.5) * 0.5);
  drawing.scale(0.9 + random.uniform() * 0.25, 0.9 + random.uniform() * 0.25);
  drawing.fillStyle = `rgb(255 255 255 / ${0.75 + 0.25 * random.uniform()})`;
  drawing.fillText(text, 0, rise);
}

/** One channel of the drawing, with a little noise. */
function copyGrey(rgba: Uint8ClampedArray, out: Uint8Array, at: number, random: RandomStream): void {
  for (let i = 0; i < SIDE * SIDE; i++) {
    out[at + i] = Math.max(0, Math.min(255, Math.round(rgba[4 * i] + 9 * random.normal())));
  }
}
