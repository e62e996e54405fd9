/** Registered models of this browser and of an MLflow server, and the Train page's choice of destinations. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { Workbench } from '../../../../src/app/api';
import { LatheError } from '../../../../src/base/errors';
import type { ModelRow } from '../../../../src/store/schema';
import { decodeShared } from '../../../../src/ui/share';
import { kept, memoryTracking, MLFLOW, versionOf, WANDB } from '../../../helpers/memory-tracking';
import type { MemoryContent } from '../../../helpers/memory-workbench';
import { runRow } from '../../../helpers/run-row';
import { expectAccessible, openPage } from './open-page';
import { DATASET } from './train/fixture';

// The pages' chunks are transformed when they are first asked for.
beforeAll(async () => {
  await Promise.all([
    import('../../../../src/ui/pages/models/Models.svelte'),
    import('../../../../src/ui/pages/model/Model.svelte'),
    import('../../../../src/ui/pages/run/Run.svelte'),
    import('../../../../src/ui/pages/train/Train.svelte'),
    import('../../../../src/ui/shell/TrackingDialogs.svelte'),
  ]);
});

beforeEach(() => page.viewport(1280, 1200));

const run = runRow('run-1', { name: 'digits one', status: 'finished', best_checkpoint: 'c' });
const model = { name: 'digits-cnn', description: 'Reads digits', tags: {}, latest: '2', updated: Date.now() };

/** What a version becomes here. */
const MODEL: ModelRow = {
  id: 'm7',
  name: 'digits-cnn',
  created: 1,
  deleted_at: null,
  config: run.config,
  preprocessing: {
    version: 1,
    task: 'classification',
    input_shape: [8, 8, 1],
    inputs: { kind: 'images', mean: [0], std: [1] },
    target: ['label'],
    classes: ['a', 'b'],
    target_scale: null,
  },
  summary: {
    architecture: 'cnn',
    input_shape: [8, 8, 1],
    outputs: 2,
    layers: [],
    parameters: 12,
    trainable_parameters: 12,
    training_bytes: 48,
  },
  metrics: null,
  weights: { hash: 'h', tensors: [] },
  dataset_name: 'digits',
  dataset_hash: 'h',
  bundle_name: 'model.zip',
  bundle: 'h',
};

/** A team's server that has one model; `commands` in place of those that only answer. */
const team = (commands: Partial<Workbench['registry']> = {}): MemoryContent => ({
  runs: [run],
  tracking: memoryTracking({ destinations: [kept(MLFLOW)] }).tracking,
  registry: {
    models: async (where) => (where === 'local' ? [] : [{ ...model, aliases: { champion: '2' } }]),
    versions: async () => [
      versionOf('2', {
        aliases: ['champion'],
        metrics: { 'test/accuracy': 0.97, loss: 0.1, 'system/cpu_percent': 80 },
        params: { 'training.epochs': '9', seed: '1' },
      }),
      versionOf('1', {
        metrics: { 'test/accuracy': 0.91, loss: 0.1, 'system/cpu_percent': 50 },
        dataset: { name: 'digits', hash: 'bb' },
        opens: false,
      }),
    ],
    ...commands,
  },
});

/** Two versions in this browser, as a registry of a few lines keeps them. */
function here(): { content: MemoryContent; done: unknown[] } {
  const done: unknown[] = [];
  let aliases: Record<string, string> = { champion: '1' };
  let described = { description: 'Reads digits', tags: {} };
  const deleted = new Set<string>();
  const registry: Partial<Workbench['registry']> = {
    models: async () => [{ ...model, ...described, aliases }],
    versions: async () =>
      ['2', '1']
        .filter((version) => !deleted.has(version))
        .map((version) =>
          versionOf(version, { aliases: Object.keys(aliases).filter((alias) => aliases[alias] === version) }),
        ),
    setAlias: async (...args) => {
      done.push(['set', ...args]);
      aliases = { ...aliases, [args[2]]: args[3] };
    },
    removeAlias: async (...args) => {
      done.push(['remove', ...args]);
      const { [args[2]]: _, ...left } = aliases;
      aliases = left;
    },
    describe: async (...args) => {
      done.push(['describe', ...args]);
      described = { ...described, description: args[3].description ?? described.description };
    },
    remove: async (_, version) => void deleted.add(version ?? ''),
    restore: async (_, version) => void deleted.delete(version ?? ''),
  };
  return { content: { runs: [run], registry }, done };
}

const chooseServer = (): Promise<void> =>
  page
    .getByRole('combobox', { name: 'Where they are registered' })
    .selectOptions('MLflow at mlflow.example.org')
    .then(() => undefined);

const openModel = (): Promise<void> => page.getByRole('button', { name: /^digits-cnn/ }).click();

describe('registered models of this browser', () => {
  it('are not spoken of where there is no model at all', async () => {
    const { tracking } = memoryTracking({ destinations: [kept(WANDB)] });
    await openPage('#/models', { tracking });
    await expect.element(page.getByRole('heading', { name: 'No models yet' })).toBeVisible();
    await expect.element(page.getByRole('heading', { name: 'Registered models' })).not.toBeInTheDocument();
  });

  it('are explained while there are none', async () => {
    await openPage('#/models', { runs: [run] });
    await expect.element(page.getByText(/Nothing is registered yet/)).toBeVisible();
    await expect.element(page.getByRole('combobox', { name: 'Where they are registered' })).not.toBeInTheDocument();
    await expectAccessible();
  });

  it('are shown although every run is gone', async () => {
    await openPage('#/models', { ...here().content, runs: [] });
    await expect.element(page.getByRole('button', { name: /^digits-cnn/ })).toBeVisible();
    await expect.element(page.getByRole('heading', { name: 'No models yet' })).not.toBeInTheDocument();
  });

  it('have aliases that are moved, and words that are changed, by keyboard alone', async () => {
    const { content, done } = here();
    await openPage('#/models', content);
    await openModel();
    const commands = page.getByRole('button', { name: 'Commands for version 2' });
    await expect.element(commands).toBeVisible();
    commands.element().focus();
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('menuitem', { name: /Aliases/ })).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    const aliases = page.getByRole('textbox', { name: 'Aliases' });
    await userEvent.fill(aliases, 'champion, v7');
    await expect.element(page.getByText(/The alias v7 is kept/)).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Save' })).toBeDisabled();
    await userEvent.fill(aliases, 'champion');
    await expect.element(page.getByText('@champion moves here from version 1.')).toBeVisible();
    await userEvent.fill(page.getByRole('textbox', { name: 'Tags' }), 'checked: yes\nsmall');
    await expectAccessible();
    await aliases.click();
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('row', { name: /2 @champion/ })).toBeVisible();
    expect(done).toEqual([
      ['set', 'local', 'digits-cnn', 'champion', '2'],
      ['describe', 'local', 'digits-cnn', '2', { tags: { checked: 'yes', small: '' } }],
    ]);
    await page.getByRole('button', { name: 'Commands for digits-cnn' }).click();
    await page.getByRole('menuitem', { name: /Description/ }).click();
    await userEvent.fill(page.getByRole('textbox', { name: 'Description' }), 'Reads all digits');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.element(page.getByText('Reads all digits')).toBeVisible();
  });

  it('lose a version that is deleted, and get it back', async () => {
    const { content } = here();
    const { emit } = await openPage('#/models', content);
    const changed = (): void => emit({ type: 'changed', noun: 'registered_model', id: 'digits-cnn' });
    await openModel();
    await page.getByRole('button', { name: 'Commands for version 2' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await expect.element(page.getByText('Deleted version 2 of digits-cnn')).toBeVisible();
    changed();
    await expect.element(page.getByRole('button', { name: 'Open version 2' })).not.toBeInTheDocument();
    await page.getByRole('button', { name: 'Undo' }).click();
    changed();
    await expect.element(page.getByRole('button', { name: 'Open version 2' })).toBeVisible();
  });

  it('get the model of a run as a new version', async () => {
    const made: unknown[] = [];
    await openPage('#/runs/run-1', {
      runs: [{ ...run, notes: 'Good.' }],
      registry: {
        register: async (...args) => {
          made.push(args);
          return versionOf('1');
        },
      },
    });
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: /Register/ }).click();
    const name = page.getByRole('combobox', { name: 'Registered model' });
    await expect.element(name).toHaveValue('digits');
    await userEvent.fill(name, 'team/digits');
    await expect.element(page.getByText(/The name has a \/ or a :/)).toBeVisible();
    const description = page.getByRole('textbox', { name: /Description/ });
    await expect.element(description).toHaveValue('Good.');
    await userEvent.fill(description, 'Good enough.');
    await userEvent.fill(name, 'digits-cnn');
    await expectAccessible();
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText('Registered as version 1 of digits-cnn')).toBeVisible();
    expect(made).toEqual([
      [{ run_id: 'run-1' }, 'local', { model: 'digits-cnn', alias: null, description: 'Good enough.' }],
    ]);
  });
});

describe('registered models of a server', () => {
  it('are listed with their versions, of which two are compared by what differs', async () => {
    await openPage('#/models', team());
    await chooseServer();
    await openModel();
    const versions = page.getByRole('region', { name: 'Versions of digits-cnn' });
    await expect.element(versions.getByText('@champion')).toBeVisible();
    await expect.element(versions.getByText(/97.0\s%/)).toBeVisible();
    await expect.element(versions.getByText('no Lathe bundle')).toBeVisible();
    await page.getByRole('checkbox', { name: 'Compare version 1' }).click();
    await page.getByRole('checkbox', { name: 'Compare version 2' }).click();
    const differences = page.getByRole('region', { name: 'What differs' });
    await expect.element(differences).toBeVisible();
    const rows = differences.element().querySelectorAll<HTMLTableRowElement>('tbody tr');
    const words = (cell: HTMLTableCellElement): string => cell.textContent.replaceAll(/\s+/g, ' ').trim();
    expect([...rows].map(({ cells }) => [...cells].map(words))).toEqual([
      ['Test accuracy', '91.0 %', '97.0 % (better)'],
      ['Data', 'digits bb', 'digits aa'],
      ['training.epochs', '5', '9'],
    ]);
    await expectAccessible();
  });

  it('are opened here', async () => {
    const asked: unknown[] = [];
    const content = team({
      load: async (...args) => {
        asked.push(args);
        throw new LatheError('tracking', 'The bundle of version 2 is damaged.');
      },
    });
    const { workbench } = await openPage('#/models', content);
    await chooseServer();
    await openModel();
    const open = page.getByRole('button', { name: 'Open version 2 here' });
    await open.click();
    await expect.element(page.getByText('The bundle of version 2 is damaged.')).toBeVisible();
    await expect.element(open).toBeEnabled();
    workbench.registry.load = async () => ({ model_id: 'm7' });
    workbench.models.list = async () => [MODEL];
    await open.click();
    await expect.poll(() => location.hash).toBe('#/models/imported/m7');
    expect(asked).toEqual([[MLFLOW, 'digits-cnn', '2']]);
  });

  it('say why they cannot be read, and are read again', async () => {
    let away = true;
    const content = team({
      models: async (where) => {
        if (where === 'local') return [];
        if (away) throw new LatheError('tracking', 'Nothing answers at mlflow.example.org.');
        return [{ ...model, aliases: {} }];
      },
    });
    await openPage('#/models', content);
    await chooseServer();
    await expect.element(page.getByText('Nothing answers at mlflow.example.org.')).toBeVisible();
    away = false;
    await page.getByRole('button', { name: 'Read again' }).click();
    await expect.element(page.getByRole('button', { name: /^digits-cnn/ })).toBeVisible();
  });

  it('get the model of a run as a new version', async () => {
    const made: unknown[] = [];
    const content = team({
      register: async (...args) => {
        made.push(args);
        return versionOf('3');
      },
    });
    await openPage('#/runs/run-1', content);
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: /Register/ }).click();
    await page
      .getByRole('combobox', { name: 'Where' })
      .selectOptions('MLflow at mlflow.example.org, Experiment digits');
    await userEvent.fill(page.getByRole('combobox', { name: 'Registered model' }), 'digits-cnn');
    await userEvent.fill(page.getByRole('textbox', { name: /Alias/ }), 'champion');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText('Registered as version 3 of digits-cnn')).toBeVisible();
    expect(made).toEqual([[{ run_id: 'run-1' }, MLFLOW, { model: 'digits-cnn', alias: 'champion' }]]);
  });
});

describe('the Train page', () => {
  const written = (): unknown => decodeShared(new URLSearchParams(location.hash.split('?')[1]).get('config') ?? '');

  it('fills in the settings of a destination that is ticked, and takes them out again', async () => {
    const other = { ...MLFLOW, options: { url: 'http://localhost:5000' } };
    const { tracking } = memoryTracking({ destinations: [kept(MLFLOW), kept(other), kept(WANDB, true)] });
    const memory = await openPage(`#/train?dataset=${DATASET.id}`, { datasets: [DATASET], tracking });
    memory.workbench.configs.summarize = () => new Promise(() => undefined);
    await page.getByText('MLflow, Weights & Biases, what is recorded').click();
    const first = page.getByRole('checkbox', { name: /MLflow at mlflow.example.org/ });
    const second = page.getByRole('checkbox', { name: /MLflow at localhost/ });
    await expect.element(page.getByRole('checkbox', { name: /every run is sent there/ })).toBeDisabled();
    await first.click();
    await expect.poll(written).toMatchObject({
      registry: { mlflow: { tracking_uri: 'https://mlflow.example.org' } },
      logging: { mlflow: { experiment: 'digits' } },
    });
    await second.click();
    await expect.element(first).not.toBeChecked();
    await expect.element(second).toBeChecked();
    await expect.poll(written).toMatchObject({
      registry: { mlflow: { tracking_uri: 'http://localhost:5000' } },
    });
    await second.click();
    await expect.element(second).not.toBeChecked();
    expect(JSON.stringify(written())).not.toMatch(/localhost|digits/);
    await expectAccessible();
  });
});
