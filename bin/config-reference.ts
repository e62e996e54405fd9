/** Writes docs/config.md: every key of the run config with its type, range, default and description, from the schema. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describeAll, type FormField } from '../src/config/form';

/** What a table of keys cannot say, by section. */
const PROSE: Record<string, string> = {
  optimization: `A search names keys of the config and the range of each. Any key can be searched that changes what is learnt: a
position of a list too (\`model.hidden.0\`), or \`model.hidden.width\` and \`model.hidden.depth\` in place of a list.

\`\`\`yaml
optimization:
  hyperparameter_search:
    enabled: true
    sampler: tpe
    pruner: hyperband
    n_trials: 50
    search_space:
      training.optimizer.name: {type: categorical, choices: [sgd, adamw]}
      training.optimizer.learning_rate: {type: float, low: 1.0e-5, high: 0.1, log: true}
      training.optimizer.momentum: {type: float, low: 0, high: 0.99, step: 0.01, when: {training.optimizer.name: sgd}}
      model.hidden.width: {type: int, low: 16, high: 512, log: true}
      model.hidden.depth: {type: int, low: 1, high: 4}
    constraints:
      - model.hidden.width * model.hidden.depth <= 1024
\`\`\`

When a trial chooses another optimizer, schedule or architecture, settings that you wrote stay as far as the new one has them;
the rest takes the defaults of the new one. For several objectives give \`objectives\`, as
\`[{metric: val_accuracy, direction: maximize}, {metric: val_loss}]\`, in place of \`metric\` and \`direction\`.

A constraint is a condition over searched keys: numbers, text in quotes, true and false, \`+ - * / % **\`, comparisons, \`and\`,
\`or\`, \`not\`, parentheses, and the functions min, max, abs, sqrt, log, log2, log10, exp, floor, ceil and round. One that names
a key which a trial does not search holds for it.`,
};

/** The reference as Markdown. */
export function configReference(): string {
  const sections = describeAll()
    .filter((field) => field.kind === 'group' || field.kind === 'variant')
    .map((field) => [`## ${field.path}`, PROSE[field.path], tables(field)].filter(Boolean).join('\n\n'));
  const plain = describeAll().filter((field) => field.kind !== 'group' && field.kind !== 'variant');
  return (
    [
      '# The run config',
      'Every key of the document, from the schema in `src/config/` (`npm run docs` writes this page). A key may be left out: its default holds. Settings of one architecture, optimizer or schedule are not keys of another.',
      table(plain),
      ...sections,
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

/** A section's own keys first, then a table for each choice it has. */
function tables(field: FormField): string {
  const inner = field.fields.flatMap(unfolded);
  const rows = inner.length > 0 ? [table(inner.filter((child) => child.kind !== 'variant'))] : [];
  const choices = [field, ...inner].filter((child) => child.kind === 'variant');
  const layers = choices
    .flatMap((choice) => choice.variants.flatMap((variant) => variant.fields))
    .filter((child) => child.kind === 'layers');
  // What a map holds may be of several kinds too: the ranges of a search.
  choices.push(...layers, ...inner.filter((child) => child.kind === 'map' && child.variants.length > 0));
  for (const choice of choices) {
    for (const variant of choice.variants) {
      const heading = `### ${choice.path}: {${choice.discriminator}: ${variant.value}}`;
      rows.push(
        [heading, variant.description, variant.fields.length > 0 ? table(variant.fields) : 'No further settings.']
          .filter(Boolean)
          .join('\n\n'),
      );
    }
  }
  return rows.join('\n\n');
}

/** A section's keys in its place; the section itself only where it can be null. */
function unfolded(field: FormField): FormField[] {
  if (field.kind !== 'group') return [field];
  return [...(field.nullable ? [field] : []), ...field.fields.flatMap(unfolded)];
}

function table(fields: FormField[]): string {
  const rows = fields.map(
    (field) => `| \`${field.path}\` | ${typeOf(field)} | ${defaultOf(field)} | ${field.description} |`,
  );
  return ['| key | type | default | what it is |', '|---|---|---|---|', ...rows].join('\n');
}

function typeOf(field: FormField): string {
  const range = [
    field.min === null ? '' : `${field.exclusive_min ? 'above' : 'from'} ${field.min}`,
    field.max === null ? '' : `to ${field.max}`,
  ]
    .filter(Boolean)
    .join(' ');
  const names = {
    group: 'section',
    variant: 'section',
    number: 'number',
    integer: 'whole number',
    boolean: 'true or false',
    choice: field.choices.join(', '),
    text: 'text',
    number_list: 'list of numbers',
    text_list: 'list of texts',
    sections: 'list of sections',
    layers: 'list of layers',
    list: 'list',
    map: 'names and values',
  };
  const words = field.kind === 'integer' ? field.choices.map((word) => `or ${word}`) : [];
  return [names[field.kind], range && `(${range})`, ...words, field.nullable ? 'or null' : '']
    .filter(Boolean)
    .join(' ');
}

const defaultOf = (field: FormField): string =>
  field.default === undefined ? 'required' : `\`${JSON.stringify(field.default)}\``;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(new URL('../docs/config.md', import.meta.url), configReference());
}
