/** Writes docs/config.md: every key of the run config with its type, range, default and description, from the schema. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describeConfig, type FormField } from '../src/config/form';

/** The reference as Markdown. */
export function configReference(): string {
  const sections = describeConfig()
    .filter((field) => field.kind === 'group' || field.kind === 'variant')
    .map((field) => `## ${field.path}\n\n${tables(field)}`);
  const plain = describeConfig().filter((field) => field.kind !== 'group' && field.kind !== 'variant');
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
  const inner = field.fields.flatMap((child) => (child.kind === 'group' ? child.fields : [child]));
  const rows = inner.length > 0 ? [table(inner.filter((child) => child.kind !== 'variant'))] : [];
  const choices = [field, ...inner].filter((child) => child.kind === 'variant');
  const layers = choices
    .flatMap((choice) => choice.variants.flatMap((variant) => variant.fields))
    .filter((child) => child.kind === 'layers');
  choices.push(...layers);
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
