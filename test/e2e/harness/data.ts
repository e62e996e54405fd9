/** Small data sets, the same on every machine. */
import { writeFileSync } from 'node:fs';
import { randomStream } from '../../../src/base/random';

/** Two columns of numbers and a label that they decide: inside a circle or outside. */
export function writeCircle(path: string, rows = 160): void {
  const random = randomStream(7, 'circle');
  const lines = Array.from({ length: rows }, () => {
    const [x, y] = [random.uniform() * 2 - 1, random.uniform() * 2 - 1];
    return `${x.toFixed(4)},${y.toFixed(4)},${x * x + y * y < 0.6 ? 'inside' : 'outside'}`;
  });
  writeFileSync(path, `x,y,place\n${lines.join('\n')}\n`);
}

/** A config that trains on it in seconds on a software adapter, with a checkpoint every few steps. */
export const CIRCLE_CONFIG = `
name: circle
data: {target: place}
model: {architecture: mlp, hidden: [8]}
training:
  epochs: 8
  batch_size: 16
  optimizer: {name: adamw, learning_rate: 0.02}
  checkpoints: {every_steps: 5}
`;
