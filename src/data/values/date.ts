/** Dates as people write them in tables, read as days since 1970-01-01 (UTC; a time of day is a fraction). */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const TIME = '(?:[T ,]+(\\d{1,2}):(\\d{2})(?::(\\d{2}(?:\\.\\d+)?))?\\s*([AaPp][Mm])?\\s*(Z|[+-]\\d{2}:?\\d{2})?)?';
const YEAR_FIRST = new RegExp(`^(\\d{4})[-/.](\\d{1,2})(?:[-/.](\\d{1,2}))?${TIME}$`);
const YEAR_LAST = new RegExp(`^(\\d{1,2})([-/.])(\\d{1,2})\\2(\\d{4}|\\d{2})${TIME}$`);
const DAY_MONTH = new RegExp(`^(\\d{1,2})[ .-]+([A-Za-z]{3,9})\\.?[ ,-]+(\\d{4})${TIME}$`);
const MONTH_DAY = new RegExp(`^([A-Za-z]{3,9})\\.?[ -]+(\\d{1,2})(?:st|nd|rd|th)?[ ,-]+(\\d{4})${TIME}$`);
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;
const YEAR = /^\d{4}$/;
const DAY_MS = 86_400_000;

/** Which comes first in `3/4/2020`, as far as this text tells: null where it could be either, or is no such date. */
export function dayFirstEvidence(text: string): boolean | null {
  const match = YEAR_LAST.exec(text.trim());
  if (!match) return null;
  if (match[2] === '.') return true;
  if (Number(match[1]) > 12) return true;
  return Number(match[3]) > 12 ? false : null;
}

/** Whether the order of day and month matters for this text and cannot be told from it. */
export function isAmbiguousDate(text: string): boolean {
  const match = YEAR_LAST.exec(text.trim());
  return match !== null && match[1] !== match[3] && dayFirstEvidence(text) === null;
}

/**
 * Days since 1970-01-01, or NaN. Reads ISO 8601, 2020/3/4, 4.3.2020, 3/4/2020 (by `dayFirst`), 4 Mar 2020, March 4, 2020,
 * each with or without a time; a time without a zone counts as UTC. Two-digit years lie in 1970–2069.
 */
export function readDate(text: string, dayFirst: boolean): number {
  const body = text.trim();
  if (body.length < 6 || body.length > 40) return NaN;
  let match = YEAR_FIRST.exec(body);
  if (match) return days(Number(match[1]), Number(match[2]), Number(match[3] ?? 1), match.slice(4));
  match = YEAR_LAST.exec(body);
  if (match) {
    const [first, second] = [Number(match[1]), Number(match[3])];
    const [day, month] = dayFirst || match[2] === '.' ? [first, second] : [second, first];
    const year = match[4].length === 2 ? Number(match[4]) + (Number(match[4]) < 70 ? 2000 : 1900) : Number(match[4]);
    return days(year, month, day, match.slice(5));
  }
  match = DAY_MONTH.exec(body);
  if (match) return days(Number(match[3]), monthOf(match[2]), Number(match[1]), match.slice(4));
  match = MONTH_DAY.exec(body);
  if (match) return days(Number(match[3]), monthOf(match[1]), Number(match[2]), match.slice(4));
  return NaN;
}

/** Like `readDate`, and takes bare numbers for dates too, `2007` and `20070314`: for columns that the user calls dates. */
export function readDateLoosely(text: string, dayFirst: boolean): number {
  const body = text.trim();
  if (YEAR.test(body)) return days(Number(body), 1, 1, []);
  const match = COMPACT.exec(body);
  if (match) return days(Number(match[1]), Number(match[2]), Number(match[3]), []);
  return readDate(text, dayFirst);
}

const monthOf = (name: string): number => MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;

function days(year: number, month: number, day: number, time: (string | undefined)[]): number {
  if (month < 1 || month > 12 || day < 1 || day > 31) return NaN;
  const midnight = Date.UTC(year, month - 1, day);
  // 31 April rolls over into May: no such day.
  if (new Date(midnight).getUTCDate() !== day) return NaN;
  const [hours, minutes, seconds, half, zone] = time;
  if (hours === undefined) return midnight / DAY_MS;
  let hour = Number(hours);
  if (half) hour = (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (hour > 24 || Number(minutes) > 59 || Number(seconds ?? 0) >= 61) return NaN;
  const offset = zone && zone !== 'Z' ? Number(zone.slice(0, 3)) * 60 + Number(zone[0] + zone.slice(-2)) : 0;
  return midnight / DAY_MS + (hour * 60 + Number(minutes) + Number(seconds ?? 0) / 60 - offset) / 1440;
}
