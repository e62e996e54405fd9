/** What the model says of some validation examples: tables, and pictures where the examples are pictures. */
import { columnWidth } from '../../data/features/schema';
import { shownValue } from '../../data/features/columns';
import { shownPixels } from '../../data/features/images';
import type { MediaContent } from '../../store/media';
import type { Preprocessing } from '../../store/schema';
import { describeOutput, type Predicted } from '../predicted';
import type { SeenExample } from './examples';
import type { TakeMedia } from './histograms';
import { drawGrid, type GridPicture } from './picture-grid';

type Table = Extract<MediaContent, { kind: 'table' }>;
type Cell = Table['rows'][number][number];

const GOOD = '#17693f';
const BAD = '#a8231c';
const PLAIN = '#4a453f';

/** A table of examples and, of images, a grid of them. */
export async function recordPredictions(
  preprocessing: Preprocessing,
  examples: readonly SeenExample[],
  take: TakeMedia,
): Promise<void> {
  const said = examples.map(({ output, target }) => describeOutput(preprocessing, output, target));
  const { inputs, input_shape: shape } = preprocessing;
  if (inputs.kind === 'images' && shape.length === 3) {
    const [height, width, channels] = shape;
    const pictures = examples.flatMap(({ input, number }, i): GridPicture[] => {
      const pixels = shownPixels(input, { height, width, channels }, inputs);
      return pixels ? [{ pixels, ...wordsOf(preprocessing, number, said[i]) }] : [];
    });
    if (pictures.length > 0) {
      const caption = `${pictures.length} validation examples, with what each is and what the model says`;
      take('predictions/examples', await drawGrid(pictures, { height, width }, caption));
    }
  }
  take('predictions/table', tableOf(preprocessing, examples, said));
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** How sure the model is of what it says. */
const confidence = ({ label = '', probabilities = {} }: Predicted): number => probabilities[label] ?? NaN;

function wordsOf({ target }: Preprocessing, number: number, said: Predicted): Pick<GridPicture, 'lines' | 'color'> {
  const { label, actual, values } = said;
  if (label !== undefined) {
    if (typeof actual !== 'string')
      return { lines: [`#${number}`, `${label} ${percent(confidence(said))}`], color: PLAIN };
    const right = label === actual;
    return {
      lines: [actual, `${right ? '✓' : '✗'} ${label} ${percent(confidence(said))}`],
      color: right ? GOOD : BAD,
    };
  }
  const [name] = target;
  const known = typeof actual === 'object' ? actual[name] : undefined;
  const value = values?.[name];
  return {
    lines: [known === undefined ? `#${number}` : short(known), value === undefined ? '' : `→ ${short(value)}`],
    color: PLAIN,
  };
}

function tableOf(
  { inputs, target, classes }: Preprocessing,
  examples: readonly SeenExample[],
  said: readonly Predicted[],
): Table {
  const columns = inputs.kind === 'table' ? inputs.columns : [];
  const answers = classes
    ? ['truth', 'prediction', 'confidence']
    : target.flatMap((name) =>
        target.length > 1 ? [`truth: ${name}`, `prediction: ${name}`] : ['truth', 'prediction'],
      );
  return {
    kind: 'table',
    columns: ['example', ...columns.map(({ name }) => name), ...answers],
    rows: examples.map(({ number, input }, i) => {
      let at = 0;
      const values = columns.map((column): Cell => {
        const value = shownValue(column, input, at);
        at += columnWidth(column);
        return value;
      });
      return [number, ...values, ...answersOf(said[i], target)];
    }),
  };
}

function answersOf(said: Predicted, target: readonly string[]): Cell[] {
  const { label, actual, values } = said;
  if (label !== undefined) return [typeof actual === 'string' ? actual : null, label, confidence(said)];
  return target.flatMap((name) => [typeof actual === 'object' ? (actual[name] ?? null) : null, values?.[name] ?? null]);
}
