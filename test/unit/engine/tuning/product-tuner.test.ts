import { expect, test } from 'vitest';
import type { MatrixProduct } from '../../../../src/engine/kernels/product';
import {
  defaultVariant,
  productParts,
  variantName,
  variantsFor,
} from '../../../../src/engine/kernels/product-variants';
import { ProductChoices, productClass } from '../../../../src/engine/tuning/product-choices';
import { ProductTuner, type ProductMeter, type TuningMemory } from '../../../../src/engine/tuning/product-tuner';

const gpu = { software: false, lockstep: 1 };
const large: MatrixProduct = { rows: 512, columns: 512, inner: 512 };
const small: MatrixProduct = { rows: 64, columns: 64, inner: 64, transposeB: true };

/** What a browser keeps. */
function memory(): TuningMemory & { kept: Record<string, string> } {
  const kept: Record<string, string> = {};
  return {
    kept,
    load: () => Promise.resolve({ ...kept }),
    save: (winners) => Promise.resolve(void Object.assign(kept, winners)),
  };
}

/** A meter on which `times` by name of the variant are measured, 100 for others. */
function meter(times: Record<string, number>): ProductMeter & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    compare(product, variants) {
      asked.push(productClass(product));
      return Promise.resolve(variants.map((variant) => times[variantName(variant)] ?? 100));
    },
  };
}

/** A session on a device. */
async function session(parts: {
  memory: TuningMemory;
  meter: ProductMeter;
  budget?: number;
  now?: () => number;
}): Promise<{ choices: ProductChoices; tuner: ProductTuner }> {
  const choices = new ProductChoices(gpu);
  return { choices, tuner: await ProductTuner.start({ choices, target: gpu, ...parts }) };
}

const chosen = (choices: ProductChoices, product: MatrixProduct): string => variantName(choices.choose(product));

test('the fastest variant is taken, remembered, and not measured again', async () => {
  const store = memory();
  const first = meter({ 'registers 8×4': 50 });
  const { choices, tuner } = await session({ memory: store, meter: first });
  expect(tuner.due).toBe(false);
  expect(chosen(choices, large)).toBe(variantName(defaultVariant(large, gpu)));
  expect(tuner.due).toBe(true);
  expect(await tuner.tune()).toMatchObject({ classes: 1, changed: 1 });
  expect(tuner.due).toBe(false);
  expect(chosen(choices, large)).toBe('registers 8×4');

  const second = meter({ 'registers 4×4': 1 });
  const later = await session({ memory: store, meter: second });
  expect(chosen(later.choices, large)).toBe('registers 8×4');
  expect(later.tuner.due).toBe(false);
  expect(await later.tuner.tune()).toMatchObject({ classes: 0, changed: 0 });
  expect(second.asked).toEqual([]);
});

test('the default stays where nothing is clearly faster, or has its bits, and that is remembered too', async () => {
  const store = memory();
  const others = variantsFor(large, gpu).slice(1).map(variantName);
  const times = Object.fromEntries(others.map((name, i) => [name, i === 0 ? 98 : Infinity]));
  const { choices, tuner } = await session({ memory: store, meter: meter(times) });
  const before = chosen(choices, large);
  expect(await tuner.tune()).toMatchObject({ classes: 1, changed: 0 });
  expect(chosen(choices, large)).toBe(before);
  expect(Object.values(store.kept)).toEqual([before]);
});

test('what cannot be compared keeps its default and is not remembered', async () => {
  const store = memory();
  const { choices, tuner } = await session({ memory: store, meter: { compare: () => Promise.resolve(null) } });
  chosen(choices, large);
  expect(await tuner.tune()).toMatchObject({ classes: 0, changed: 0 });
  expect(tuner.due).toBe(false);
  expect(store.kept).toEqual({});
});

test('the heaviest classes are measured first, and no more of them than the budget allows', async () => {
  let clock = 0;
  const store = memory();
  const asked: string[] = [];
  const slow: ProductMeter = {
    compare(product, variants) {
      asked.push(productClass(product));
      clock += 600;
      return Promise.resolve(variants.map(() => 1));
    },
  };
  const { choices, tuner } = await session({ memory: store, meter: slow, budget: 1000, now: () => clock });
  const middle = { ...large, rows: 100 };
  for (const product of [small, middle, large, middle, small]) choices.choose(product);
  expect(await tuner.tune()).toMatchObject({ classes: 2, ms: 1200 });
  expect(asked).toEqual([productClass(large), productClass(middle)]);
  expect(tuner.due).toBe(false);
});

test('winners that this version does not know are measured again', async () => {
  const store = memory();
  store.kept[productClass(large)] = 'registers 5×5';
  const { choices, tuner } = await session({ memory: store, meter: meter({}) });
  choices.choose(large);
  expect(tuner.due).toBe(true);
});

test('a class is how matrices lie and are stored, and the powers of two that their sides come to', () => {
  expect(productClass({ ...large, rows: 260 })).toBe(productClass(large));
  const others: Partial<MatrixProduct>[] = [
    { rows: 516 },
    { columns: 511 },
    { transposeA: true },
    { transposeB: true },
    { groups: 2 },
    { columnSums: true },
    { storage: { a: 'float16' } },
  ];
  const names = others.map((other) => productClass({ ...large, ...other }));
  expect(new Set([productClass(large), ...names]).size).toBe(others.length + 1);
});

test('products that take no time are not measured', async () => {
  const { choices, tuner } = await session({ memory: memory(), meter: meter({}) });
  choices.choose({ rows: 8, columns: 8, inner: 8 });
  expect(tuner.due).toBe(false);
});

test('GPUs get large tiles where there are enough of them, small ones where there are few', () => {
  const name = (rows: number, columns: number, inner: number): string =>
    variantName(defaultVariant({ rows, columns, inner }, gpu));
  expect(name(4096, 4096, 4096)).toBe('workgroup 128×128 by 8×8');
  expect(name(1024, 384, 128)).toBe('workgroup 64×64 by 4×4');
  expect(name(256, 256, 784)).toBe('workgroup 32×32 by 4×4');
  expect(name(8, 10, 128)).toBe('registers 4×4');
  // The narrow result of a convolution fills no square tile.
  expect(name(50176, 8, 9)).toMatch(/^registers/);
});

test('parts depend on the shapes and the kind of device alone', () => {
  const sides = { rows: 27, columns: 16, inner: 50_000 };
  expect(productParts(sides, gpu)).toBe(512);
  expect(productParts({ ...sides, parts: 9 }, gpu)).toBe(512);
  expect(productParts({ rows: 64, columns: 64, inner: 64 }, { software: true, lockstep: 4 })).toBe(1);
});
