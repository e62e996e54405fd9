import * as Comlink from 'comlink';
import { afterAll, expect, it } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import '../../../src/base/rpc';

const { port1, port2 } = new MessageChannel();
afterAll(() => {
  port1.close();
  port2.close();
});

it('carries a LatheError whole over a worker boundary', async () => {
  Comlink.expose(
    {
      data(): never {
        throw new LatheError('data', 'Row 3 is ragged.', { file: 'a.csv', row: 3 }, ['Row 3 is ragged.', 'Row 9 too.']);
      },
      defect(): never {
        throw new TypeError('x is undefined');
      },
    },
    port1,
  );
  port1.start();
  const api = Comlink.wrap<{ data(): void; defect(): void }>(port2);
  port2.start();
  const error = await api.data().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LatheError);
  expect(error).toMatchObject({
    kind: 'data',
    where: { file: 'a.csv', row: 3 },
    details: ['Row 3 is ragged.', 'Row 9 too.'],
  });
  await expect(api.defect()).rejects.toMatchObject({ kind: 'internal', message: 'x is undefined' });
});
