import { expect, test } from 'vitest';
import { variantName } from '../../../../src/engine/kernels/product-variants';
import { mlp, onWebGPU, train } from './models';

test('a model trains alike with the kernels that GPUs get', async () => {
  // Large enough for tiles in workgroup memory, forward and backward, and for gradients of weights in parts.
  const trainee = { ...mlp({ hidden: [64, 32], activation: 'gelu' }, 64), batch: 512 };
  const expected = await train(trainee, { backend: 'cpu', steps: 4 });
  await onWebGPU(async (backend) => {
    const webgpu = backend.webgpu!;
    // Whatever adapter this is, it is taken for a GPU.
    Object.assign(webgpu.target, { software: false, lockstep: 1 });
    const { losses, eager } = await train(trainee, { backend, steps: 4 });
    expect(eager).toBeNull();
    losses.forEach((loss, i) => expect(Math.abs(loss / expected.losses[i] - 1)).toBeLessThan(1e-4));
    const used = webgpu.products.unknown.map(({ product }) => variantName(webgpu.products.choose(product)));
    expect(used).toContain('workgroup 32×32 by 4×4');
    expect(webgpu.products.unknown.some(({ product }) => (product.parts ?? 1) > 1)).toBe(true);
  });
});
