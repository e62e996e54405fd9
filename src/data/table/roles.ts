/** Guesses what each column of a table is for. The user has the last word; the guess should rarely need it. */
import type { ColumnRole } from '../../config/schema';
import type { ColumnProfile } from './profile';

/** Names that a column to be predicted commonly has, the surest first. */
const LABEL_NAMES = [
  'label',
  'labels',
  'target',
  'class',
  'classes',
  'species',
  'outcome',
  'diagnosis',
  'survived',
  'churn',
  'category',
  'price',
  'saleprice',
  'medv',
  'median_house_value',
  'quality',
  'variety',
  'y',
];

const ID_NAME =
  /(^|[_\s-])(id|ids|uuid|guid|key|index|idx|rownames?|row|nr|no|number|unnamed: 0)$|^(passengerid|customerid)$|[a-z]ID$/i;
const TEXT_CATEGORIES = 200;
const LABEL_CLASSES = 100;

/** A role for every column; at most one of them is `label`. */
export function guessRoles(profiles: ColumnProfile[]): ColumnRole[] {
  const roles = profiles.map(guessRole);
  const label = guessLabel(profiles, roles);
  if (label !== null) roles[label] = 'label';
  return roles;
}

function guessRole(profile: ColumnProfile): ColumnRole {
  const present = profile.rows - profile.missing;
  if (present === 0) return 'ignore';
  if (profile.distinct === 1 && profile.missing === 0 && profile.rows > 1) return 'ignore';
  // One stray word among many numbers is a slip of the pen; many are another kind of column.
  const codes = profile.codes > present * 0.05;
  if (profile.numbers >= present * 0.9 && !codes) return isIdentifier(profile) ? 'ignore' : 'number';
  if (profile.dates >= present * 0.9) return 'date';
  if (profile.unique && present >= 10) return profile.spaced > 0.5 || profile.meanLength > 40 ? 'text' : 'ignore';
  const fewValues = profile.distinct <= TEXT_CATEGORIES && (profile.distinct <= present / 2 || present < 20);
  return fewValues && profile.meanLength <= 80 ? 'category' : 'text';
}

/** Numbers that only count the rows, or whole distinct ones whose column is named as an identifier. */
function isIdentifier(profile: ColumnProfile): boolean {
  if (!profile.unique || profile.integers < profile.rows - profile.missing) return false;
  if (ID_NAME.test(profile.name)) return true;
  return profile.counting && profile.rows >= 10;
}

function guessLabel(profiles: ColumnProfile[], roles: ColumnRole[]): number | null {
  const usable = (i: number): boolean => {
    if (profiles[i].missing === profiles[i].rows) return false;
    return roles[i] === 'number' || (roles[i] === 'category' && profiles[i].distinct <= LABEL_CLASSES);
  };
  const simple = profiles.map(({ name }) =>
    name
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, '_'),
  );
  for (const wanted of LABEL_NAMES) {
    // A label with a single class is still what the user means to predict; training says what is wrong with it.
    const found = simple.findIndex((name, i) => name === wanted && (usable(i) || profiles[i].distinct === 1));
    if (found >= 0) return found;
  }
  for (const role of ['category', 'number'] as const) {
    for (let i = roles.length - 1; i >= 0; i--) {
      if (roles[i] === role && usable(i) && profiles[i].distinct > 1 && profiles.length > 1) return i;
    }
  }
  return null;
}
