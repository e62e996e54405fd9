/** What came out best: its parameters in words, beside their ranges, and as YAML. */
import { stringify } from 'yaml';
import { formatNumber, formatPercent, formatSetting } from '../../../base/format';
import { trialConfig } from '../../../config/search/apply';
import type { ParameterSpec } from '../../../config/search/space';
import { configToYaml } from '../../../config/yaml';
import type { StudyRow, TrialRow } from '../../../store/study';
import { formatValue, type ReportContent } from './content';
import { html, type Markup } from './html';

/** Members of a Pareto front that are written out. */
const MAX_FRONT = 20;

/** The section on the best trial, or on the front. */
export function bestSection(content: ReportContent): Markup {
  const { best, front, study } = content;
  if (best) {
    return html`<section>
      <h2>Best parameters</h2>
      <p>${inWords(content, best)}</p>
      ${parameterTable(content, best)} ${yamlBlock(bestYaml(study, best))}
    </section>`;
  }
  return html`<section>
    <h2>${front.length > 0 ? 'The best trials' : 'Parameters'}</h2>
    ${front.slice(0, MAX_FRONT).map((trial) => html`<p>${inWords(content, trial)}</p>`)}
    ${front.length > MAX_FRONT && html`<p class="quiet">${MAX_FRONT} of ${front.length} are written out here.</p>`}
    ${parameterTable(content, null)}
    ${
      front.length > 0 &&
      yamlBlock({
        what: 'The trials of the front as YAML',
        yaml: stringify(
          front.slice(0, MAX_FRONT).map(({ number, values, params }) => ({ trial: number, values, params })),
          { lineWidth: 0 },
        ),
      })
    }
  </section>`;
}

function inWords({ study, keys, names }: ReportContent, { number, values, params }: TrialRow): string {
  const scores = study.objectives.map(({ metric }, i) => `${metric} = ${formatNumber(values?.[i])}`).join(', ');
  const chosen = keys
    .filter((key) => Object.hasOwn(params, key))
    .map((key) => `${names.get(key) ?? key} = ${formatValue(params[key])}`)
    .join(', ');
  return `Trial ${number} reached ${scores}${chosen && ` with ${chosen}`}.`;
}

function parameterTable({ study, keys, importance }: ReportContent, best: TrialRow | null): Markup {
  const hasImportance = importance.size > 0;
  const hasConditions = keys.some((key) => study.space[key].when !== null);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Parameters">
    <table>
      <tr>
        <th>Parameter</th>
        ${best && html`<th>Best</th>`}
        <th>Searched</th>
        ${hasConditions && html`<th>Only where</th>`} ${hasImportance && html`<th class="n">Importance</th>`}
      </tr>
      ${keys.map((key) => {
        const spec = study.space[key];
        return html`<tr>
          <td>${key}</td>
          ${best && html`<td>${Object.hasOwn(best.params, key) ? formatValue(best.params[key]) : '–'}</td>`}
          <td>${rangeInWords(spec)}</td>
          ${hasConditions && html`<td>${conditionInWords(spec)}</td>`}
          ${hasImportance && html`<td class="n">${formatPercent(importance.get(key))}</td>`}
        </tr> `;
      })}
    </table>
  </div>`;
}

function rangeInWords(spec: ParameterSpec): string {
  switch (spec.type) {
    case 'bool':
      return 'false or true';
    case 'categorical':
      return spec.choices.map(formatValue).join(', ');
    case 'float':
    case 'int': {
      const steps = spec.step === null || (spec.type === 'int' && spec.step === 1) || spec.log ? null : spec.step;
      return [
        `${formatSetting(spec.low)} to ${formatSetting(spec.high)}`,
        spec.type === 'int' && 'whole',
        spec.log && 'logarithmic',
        steps !== null && `in steps of ${formatSetting(steps)}`,
      ]
        .filter(Boolean)
        .join(', ');
    }
  }
}

const conditionInWords = ({ when }: ParameterSpec): string =>
  Object.entries(when ?? {})
    .map(
      ([key, value]) => `${key} is ${Array.isArray(value) ? value.map(formatValue).join(' or ') : formatValue(value)}`,
    )
    .join(' and ');

/** The whole config of the best trial where the study has one, else its parameters alone. */
function bestYaml({ config }: StudyRow, { params }: TrialRow): { what: string; yaml: string } {
  const alone = { what: 'Its parameters as YAML', yaml: stringify(params, { lineWidth: 0 }) };
  if (!config) return alone;
  try {
    return {
      what: 'The config that trains it again, as YAML; what is not there is the default',
      yaml: configToYaml(trialConfig(config, params), { full: false }),
    };
  } catch {
    // A study of an older version may hold a config that no longer means anything.
    return alone;
  }
}

const yamlBlock = ({ what, yaml }: { what: string; yaml: string }): Markup =>
  html`<div class="block">
    <div>
      <h3>${what}</h3>
      <button type="button" data-copy hidden>Copy</button>
    </div>
    <pre tabindex="0">${yaml}</pre>
  </div>`;
