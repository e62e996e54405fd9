/** One setting of the form. */
import { expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { describeConfig } from '../../../../../src/config/form';
import Field from '../../../../../src/ui/pages/train/Field.svelte';
import { fieldAt } from '../../../../../src/ui/pages/train/form-layout';
import { draftOf, show } from './fixture';

it('shows a switch that may be left to Lathe as neither on nor off, and turns it both ways and back', async () => {
  const field = fieldAt(describeConfig(), 'logging.mlflow.enabled');
  if (!field) throw new Error('There is no such setting.');
  const draft = draftOf({ registry: { mlflow: { tracking_uri: 'http://localhost:5000' } } });
  const { remove } = show(Field, { field, draft });
  const choice = page.getByRole('combobox', { name: 'Enabled' });
  await expect.element(choice).toHaveValue('automatic');
  for (const [word, value] of [
    ['off', false],
    ['on', true],
    ['automatic', null],
  ] as const) {
    await choice.selectOptions(word);
    expect(draft.config?.logging.mlflow.enabled).toBe(value);
    await expect.element(choice).toHaveValue(word);
  }
  await remove();
});
