import { randomStream, type RandomStream } from '../../base/random';
import { csvFile, type Sample } from './sample';

const SEED = 11;
const ROWS = 1500;
/** Price of a square metre by district, in thousands. */
const DISTRICTS: Record<string, number> = {
  harbour: 6.4,
  'old town': 5.6,
  hillside: 4.9,
  riverside: 4.3,
  station: 3.4,
  meadows: 2.9,
};
const CONDITIONS: Record<string, number> = { new: 1.18, renovated: 1.08, good: 1, worn: 0.82 };
const HEATING = ['heat pump', 'district', 'gas', 'oil'];
const DAY_MS = 86_400_000;

/** Made-up sales of houses, with the gaps that real tables have. */
export const houses: Sample = {
  name: 'houses',
  title: 'Houses',
  description: '1,500 made-up sales with categories, dates and gaps: predict the price in thousands.',

  async make() {
    const random = randomStream(SEED, 'houses');
    const header = ['area_m2', 'rooms', 'district', 'condition', 'built', 'heating', 'garden', 'sold', 'price'];
    const rows = Array.from({ length: ROWS }, () => sale(random));
    return [csvFile('houses', header, rows)];
  },
};

function sale(random: RandomStream): (string | number)[] {
  const area = Math.round(Math.min(320, Math.max(28, Math.exp(4.6 + 0.42 * random.normal()))));
  const rooms = Math.max(1, Math.round(area / 27 + 0.7 * random.normal()));
  const district = pick(Object.keys(DISTRICTS), random);
  const built = 1900 + random.integer(124);
  const condition = built > 2014 ? 'new' : pick(['renovated', 'good', 'good', 'worn'], random);
  const heating = built > 2005 ? pick(HEATING.slice(0, 2), random) : pick(HEATING, random);
  const garden = random.uniform() < 0.35 + area / 600;
  const day = random.integer(365 * 6);
  const sold = new Date(Date.UTC(2018, 0, 1) + day * DAY_MS).toISOString().slice(0, 10);

  // A square metre of a large house costs a little less; prices rise by 5 % a year; a garden and a heat pump are worth more.
  const metre = DISTRICTS[district] * CONDITIONS[condition] * (area / 100) ** -0.12;
  const price = (area * metre + (garden ? 24 : 0) + (heating === 'heat pump' ? 15 : 0)) * 1.05 ** (day / 365);
  const paid = Math.round(price * Math.exp(0.07 * random.normal()));

  const gap = (share: number, value: string | number): string | number => (random.uniform() < share ? '' : value);
  return [
    area,
    gap(0.03, rooms),
    district,
    gap(0.05, condition),
    gap(0.06, built),
    gap(0.08, heating),
    garden ? 'yes' : 'no',
    sold,
    paid,
  ];
}

const pick = (values: string[], random: RandomStream): string => values[random.integer(values.length)];
