/**
 * `README.md`: the model card (Mitchell et al. 2019, "Model Cards for Model Reporting"). What Lathe knows is filled in;
 * what only the user can say (intended use, limits) is asked for.
 */
import { LATHE_VERSION } from '../../base/version';
import type { ConfusionMatrix, Preprocessing } from '../../store/schema';
import type { BundleContent } from './content';
import { codeBlock, escapeMarkdown, markdownFacts, markdownTable } from './markdown';

/** Larger matrices say nothing as text; `metrics.json` holds them whole. */
const MAX_CONFUSION_CLASSES = 20;

/** Classes named one by one; the rest is counted. */
const MAX_CLASSES = 50;

/** The model card of a bundle, in Markdown. */
export function modelCard(content: BundleContent): string {
  return [
    `# ${escapeMarkdown(content.name)}`,
    introduction(content),
    '![Training curves](curves.png)',
    '## Results',
    results(content),
    ...confusionSection(
      content.confusion.test ?? content.confusion.val,
      content.confusion.test ? 'test' : 'validation',
    ),
    '## Data',
    data(content),
    '## Model',
    model(content),
    '## Training',
    training(content),
    '## Intended use',
    '_What is this model for, and who should use it? What should it not be used for?_',
    '## Limits',
    '_Where does it fail? Which examples are missing from its training data? Who could be harmed by a wrong answer?_',
    limits(content),
    '## Input and output',
    inputAndOutput(content.preprocessing),
    '## How to load it',
    loading(content),
    '## Files',
    files(content),
    '',
  ].join('\n\n');
}

function introduction({ preprocessing, summary, dataset, run }: BundleContent): string {
  const target = preprocessing.target.map(escapeMarkdown).join(', ');
  const what = {
    classification: `classifier that tells ${preprocessing.classes?.length ?? 0} classes of ${target} apart`,
    regression: `regression model that predicts ${target}`,
    language_model: 'language model that predicts the next character of a text',
  };
  return (
    `A ${what[preprocessing.task]}, of architecture \`${summary.architecture}\` with ${count(summary.parameters)} parameters, ` +
    `trained on ${escapeMarkdown(dataset.name)} in a browser with Lathe ${LATHE_VERSION} (run \`${run.id}\`).`
  );
}

function results({ metrics, checkpoint }: BundleContent): string {
  const at = `At step ${count(checkpoint.step)} (epoch ${count(checkpoint.epoch)}), the exported checkpoint.`;
  if (!metrics) return `${at} The run had not been evaluated to its end when it was exported: there are no scores.`;
  const splits = [
    { title: 'train', values: metrics.train },
    { title: 'validation', values: metrics.val },
    { title: 'test', values: metrics.test },
  ].filter(({ values }) => Object.keys(values).length > 0);
  const names = [...new Set(splits.flatMap(({ values }) => Object.keys(values)))];
  const table = markdownTable(
    ['metric', ...splits.map(({ title }) => title)],
    names.map((name) => [escapeMarkdown(name), ...splits.map(({ values }) => score(values[name]))]),
  );
  return `${at}\n\n${table}`;
}

function confusionSection(confusion: ConfusionMatrix | null, split: string): string[] {
  if (!confusion || confusion.labels.length > MAX_CONFUSION_CLASSES) return [];
  const labels = confusion.labels.map(escapeMarkdown);
  return [
    `Confusion matrix of the ${split} split: a row is the true class, a column the predicted one.`,
    markdownTable(
      ['', ...labels],
      confusion.matrix.map((row, i) => [`**${labels[i]}**`, ...row.map(count)]),
    ),
  ];
}

function data({ dataset, config, preprocessing }: BundleContent): string {
  const { split } = config.data;
  const facts: [string, string][] = [
    ['Name', escapeMarkdown(dataset.name)],
    ['Content hash (SHA-256)', `\`${dataset.hash}\``],
    ['Target', preprocessing.target.map(escapeMarkdown).join(', ')],
  ];
  if (dataset.counts) {
    const { examples, test_examples } = dataset.counts;
    facts.push([preprocessing.task === 'language_model' ? 'Characters' : 'Examples', count(examples)]);
    if (test_examples > 0) facts.push(['Of these, the source’s own test split', count(test_examples)]);
  } else facts.push(['Where it is', 'Not in the browser that wrote this: its examples are not counted here']);
  if (config.data.limit !== null) facts.push(['Limited to', `${count(config.data.limit)} examples`]);
  const testShare = dataset.counts && dataset.counts.test_examples > 0 ? 'the source’s own' : percent(split.test);
  facts.push([
    'Split',
    preprocessing.task === 'language_model'
      ? `validation ${percent(split.validation)}, then test ${testShare}, at the end of the text`
      : `validation ${percent(split.validation)}, test ${testShare}${split.stratify ? ', stratified' : ''}, seed ${config.reproducibility.seed}`,
  ]);
  const classes = dataset.counts?.classes ?? [];
  if (classes.length === 0) return markdownFacts(facts);
  const rows = classes.slice(0, MAX_CLASSES).map(({ name, examples }) => [escapeMarkdown(name), count(examples)]);
  if (classes.length > MAX_CLASSES) rows.push([`and ${classes.length - MAX_CLASSES} more`, '']);
  return `${markdownFacts(facts)}\n\n${markdownTable(['class', 'examples'], rows)}`;
}

function model({ summary }: BundleContent): string {
  const table = markdownTable(
    ['layer', 'output shape', 'parameters'],
    summary.layers.map(({ name, type, output_shape, parameters }) => [
      `\`${name}\` (${type})`,
      output_shape.join(' × '),
      count(parameters),
    ]),
  );
  return (
    `\`${summary.architecture}\`: ${count(summary.parameters)} parameters, ${count(summary.trainable_parameters)} of them trainable; ` +
    `input ${summary.input_shape.join(' × ')}, ${count(summary.outputs)} output${summary.outputs === 1 ? '' : 's'}.\n\n${table}`
  );
}

function training({ config, run }: BundleContent): string {
  const { optimizer, schedule, gradient_clip, early_stopping } = config.training;
  const accumulation = config.training.gradient_accumulation;
  const { batch_size } = config.training;
  const examples = batch_size === 'auto' && run.batch_size !== undefined ? `${run.batch_size} (auto)` : batch_size;
  const facts: [string, string][] = [
    ['Optimizer', settings(optimizer)],
    ['Schedule', settings(schedule)],
    ['Batch size', accumulation > 1 ? `${examples} × ${accumulation} accumulated` : String(examples)],
    ['Epochs', `${config.training.epochs} at most`],
    ['Gradient clipping', gradient_clip ? `global norm ${gradient_clip.norm}` : 'none'],
    [
      'Early stopping',
      early_stopping
        ? `on ${escapeMarkdown(early_stopping.monitor)}, patience ${early_stopping.patience} epochs`
        : 'none',
    ],
    ['L2', String(config.training.l2)],
    ['Seed', String(config.reproducibility.seed)],
    ['Run ended', `${run.status}${run.reason ? `: ${escapeMarkdown(run.reason)}` : ''}`],
    ['Time spent training', duration(run.seconds)],
  ];
  if (run.backend) facts.push(['Device', `${run.backend.backend}, ${escapeMarkdown(run.backend.adapter)}`]);
  return `${markdownFacts(facts)}\n\n\`config.yaml\` holds every setting and is enough to repeat the run.`;
}

function limits({ preprocessing, dataset }: BundleContent): string {
  const known = [
    `It knows only what stood in its training data (${escapeMarkdown(dataset.name)}); its scores hold for data drawn the same way.`,
  ];
  if (preprocessing.task === 'language_model') {
    known.push('It continues text by what is likely, not by what is true.');
    known.push('It may repeat passages of its training data word for word.');
  } else if (preprocessing.classes !== null) {
    known.push('It answers with one of its classes whatever it is shown, also for an example that belongs to none.');
    known.push('Its probabilities were not calibrated.');
  } else {
    known.push('Far from the values it was trained on it extrapolates, without a warning.');
  }
  return known.map((sentence) => `- ${sentence}`).join('\n');
}

function inputAndOutput({ input_shape, inputs, classes, target, target_scale }: Preprocessing): string {
  if (inputs.kind === 'text') return textInputAndOutput(input_shape[0], inputs.vocabulary.length);
  const shape = `\`[batch, ${input_shape.join(', ')}]\` float32`;
  const input =
    inputs.kind === 'images'
      ? `Images scaled to ${input_shape[1]} × ${input_shape[0]} pixels, ${shape}; each channel is \`(pixel / 255 − mean) / std\` with mean ${numbers(inputs.mean)} and std ${numbers(inputs.std)}.`
      : `A row of the table as ${shape}, column after column:\n\n${inputs.columns.map(describeColumn).join('\n')}`;
  const output =
    classes === null
      ? `The standardised value of ${target.map(escapeMarkdown).join(', ')}: \`value = output × std + mean\`${
          target_scale ? ` with mean ${numbers(target_scale.mean)} and std ${numbers(target_scale.std)}` : ''
        }.`
      : 'One probability a class (softmax), in the order of `labels.json`.';
  return `**Input.** ${input}\n\n**Output.** ${output}\n\n\`preprocessing.json\` holds the exact numbers.`;
}

function textInputAndOutput(context: number, characters: number): string {
  return [
    `**Input.** The numbers of at most ${count(context)} characters, \`[batch, ${context}]\` int32: \`i + 1\` for \`vocabulary[i]\` of \`preprocessing.json\`, 0 for any other character.`,
    `**Output.** \`[batch, ${context}, ${characters + 1}]\` float32: at each place the logits of the character after it (0: one that is not in the vocabulary).`,
  ].join('\n\n');
}

function describeColumn(column: Extract<Preprocessing['inputs'], { kind: 'table' }>['columns'][number]): string {
  const name = escapeMarkdown(column.name);
  if (column.role === 'category') {
    return `- ${name}: one-hot, ${column.values.length} known values and one position for anything else`;
  }
  const unit = column.role === 'date' ? 'days since 1970-01-01' : 'number';
  const missing = column.missing_indicator ? ', then 1 where it is missing' : '';
  return `- ${name}: ${unit}, \`(x − ${shortNumber(column.mean)}) / ${shortNumber(column.std)}\`${missing}`;
}

function loading({ tensors, tfjs_model }: BundleContent): string {
  const [first] = tensors;
  const javascript = [
    'In JavaScript:',
    codeBlock(
      'js',
      `import * as tf from '@tensorflow/tfjs';

const model = await tf.loadLayersModel('tfjs/model.json');
const output = model.predict(input); // input prepared as above`,
    ),
  ];
  return [
    ...(tfjs_model ? javascript : []),
    'In Python (`pip install safetensors numpy`):',
    codeBlock(
      'python',
      `from safetensors.numpy import load_file

weights = load_file('model.safetensors')
${first ? `weights['${first.name}'].shape  # (${first.shape.join(', ')}${first.shape.length === 1 ? ',' : ''})` : ''}`,
    ),
    'Dense kernels are `[inputs, outputs]`, convolution kernels `[height, width, inputs, outputs]`. In Lathe: drop this bundle on the page.',
  ].join('\n\n');
}

function files({ preprocessing: { classes }, tfjs_model, tensorboard }: BundleContent): string {
  const tfjs: [string, string] = ['tfjs/model.json, tfjs/weights.bin', 'the model as a TensorFlow.js LayersModel'];
  const list: [string, string][] = [
    ...(tfjs_model ? [tfjs] : []),
    ['model.safetensors', tfjs_model ? 'the same weights as safetensors' : 'the weights as safetensors'],
    ['config.yaml', 'the run config'],
    ['preprocessing.json', 'how data becomes the model’s input, and back'],
    ...(classes === null ? [] : [['labels.json', 'labels in the order of the outputs'] satisfies [string, string]]),
    ['metrics.json', 'scores on every split'],
    ['curves.csv, curves.png', 'the training curves'],
    ...(tensorboard.length === 0
      ? []
      : [['tensorboard/', 'the run for TensorBoard: `tensorboard --logdir tensorboard`'] satisfies [string, string]]),
    ['manifest.json', 'length and SHA-256 of every file'],
  ];
  return list.map(([path, what]) => `- \`${path}\`: ${what}`).join('\n');
}

const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

const percent = (share: number): string => `${Number((share * 100).toPrecision(6))} %`;

const score = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? '–' : shortNumber(value);

/** Four significant digits. */
const shortNumber = (value: number): string => String(Number(value.toPrecision(4)));

const numbers = (values: number[]): string => values.map(shortNumber).join(', ');

function settings(section: { name: string }): string {
  const rest = Object.entries(section).filter(([key, value]) => key !== 'name' && value !== null);
  return [`\`${section.name}\``, ...rest.map(([key, value]) => `${key.replaceAll('_', ' ')} ${String(value)}`)].join(
    ', ',
  );
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'min'],
    [whole % 60, 's'],
  ];
  const shown = parts.filter(([value]) => value > 0);
  return shown.length > 0 ? shown.map(([value, unit]) => `${value} ${unit}`).join(' ') : 'under 1 s';
}
