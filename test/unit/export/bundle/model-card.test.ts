import { describe, expect, it } from 'vitest';
import { modelCard } from '../../../../src/export/bundle/model-card';
import { bundleContent } from '../../../helpers/bundle-content';

describe('modelCard', () => {
  it('says what the model is, on what it was trained and how well it does', async () => {
    const card = modelCard(await bundleContent());
    expect(card).toContain('classifier that tells 3 classes of label apart');
    expect(card).toContain('`mlp` with 15 parameters');
    expect(card).toContain(`\`${'ab'.repeat(32)}\``);
    expect(card).toContain('| Examples | 1,200 |');
    expect(card).toContain('| metric | train | validation | test |');
    expect(card).toContain('| loss | 0.1235 | 0.2 | 0.21 |');
    expect(card).toContain('| accuracy | 0.97 | 0.95 | 0.9625 |');
    expect(card).toContain('At step 120 (epoch 3)');
    expect(card).toContain('1 h 2 min 5 s');
    expect(card).toContain("weights['dense_1/kernel'].shape  # (2, 2)");
    expect(card).toContain('tf.loadLayersModel');
    expect(card).toContain('x: number, `(x − 0.25) / 2`');
  });

  it('shows an undefined score as a dash', async () => {
    expect(modelCard(await bundleContent())).toContain('| f1 | – | 0.9444 | – |');
  });

  it('shows the confusion matrix of the test split', async () => {
    const card = modelCard(await bundleContent());
    expect(card).toContain('Confusion matrix of the test split');
    expect(card).toContain('| **&lt;b&gt;** | 0 | 48 | 1 |');
  });

  it('never lets names become markup', async () => {
    const card = modelCard(await bundleContent({ name: '<img src=x onerror=alert(1)>\n# hello' }));
    expect(card).not.toMatch(/<(img|b)\b/);
    expect(card).toContain('# &lt;img src=x onerror=alert\\(1\\)&gt; \\# hello\n');
    expect(card).toContain('spirals \\| \\[x\\]\\(y\\)');
  });

  it('explains the output of a regression in its own unit', async () => {
    const content = await bundleContent();
    const card = modelCard({
      ...content,
      preprocessing: {
        ...content.preprocessing,
        task: 'regression',
        target: ['price'],
        classes: null,
        target_scale: { mean: [100.5], std: [20] },
      },
      confusion: { val: null, test: null },
    });
    expect(card).toContain('regression model that predicts price');
    expect(card).toContain('`value = output × std + mean` with mean 100.5 and std 20');
    expect(card).not.toContain('labels.json');
    expect(card).not.toContain('Confusion matrix');
  });

  it('names the batch size that was found', async () => {
    const content = await bundleContent();
    const { training } = content.config;
    const card = modelCard({
      ...content,
      config: { ...content.config, training: { ...training, batch_size: 'auto', gradient_accumulation: 2 } },
      run: { ...content.run, batch_size: 512 },
    });
    expect(card).toContain('| Batch size | 512 (auto) × 2 accumulated |');
  });

  it('says that there are no scores where the run has none', async () => {
    expect(modelCard(await bundleContent({ metrics: null }))).toContain('there are no scores');
  });

  it('does without the counts of a deleted dataset', async () => {
    const content = await bundleContent();
    const card = modelCard({ ...content, dataset: { ...content.dataset, counts: null } });
    expect(card).toContain(content.dataset.hash);
    expect(card).not.toContain('| Examples |');
  });
});
