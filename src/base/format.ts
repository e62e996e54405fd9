/** Numbers as people read them: with units, and with as many digits as they mean. Nothing here rounds what is stored. */

const MISSING = '–';
const MINUS = '\u2212';
const THIN = '\u202f'; // narrow no-break space, between a number and its unit

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const finite = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** What stands for a number that is not finite or not there. */
function absent(value: number | null | undefined): string {
  if (value === Infinity) return '∞';
  if (value === -Infinity) return `${MINUS}∞`;
  return value !== null && value !== undefined && Number.isNaN(value) ? 'NaN' : MISSING;
}

/** A measured number with `digits` significant ones: `0.0312`, `1234`, `12,345`, `3.1e−7`. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (!finite(value)) return absent(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 2)).split('e');
    return `${tidy(mantissa)}e${exponent.replace('+', '').replace('-', MINUS)}`;
  }
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  // Four digits stay together: a year is no 2,023.
  return DECIMALS[Math.min(decimals, DECIMALS.length - 1)].format(value).replace('-', MINUS);
}

/** By decimals. Making a formatter costs more than a hundred uses of it. */
const DECIMALS = Array.from(
  { length: 11 },
  (_, decimals) => new Intl.NumberFormat('en', { maximumFractionDigits: decimals, useGrouping: 'min2' }),
);

const tidy = (mantissa: string): string =>
  (mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa).replace('-', MINUS);

/** A number that a user typed or may type back: shortest form, `0.001`, `1e-5`. */
export function formatSetting(value: number): string {
  return Math.abs(value) < 1e-4 && value !== 0 ? value.toExponential().replace(/\.?0*e/, 'e') : String(value);
}

/** A whole number with its thousands apart: `1,234,567`. */
export function formatCount(value: number | null | undefined): string {
  return finite(value) ? grouped.format(value).replace('-', MINUS) : absent(value);
}

/** A count in three digits: `842`, `12.3 k`, `1.05 M`. */
export function formatCompact(value: number | null | undefined): string {
  if (!finite(value)) return absent(value);
  const scaled = scale(value, 1000, ['', 'k', 'M', 'G', 'T']);
  return scaled.unit ? `${scaled.text}${THIN}${scaled.unit}` : scaled.text;
}

/** Bytes in decimal units: `512 B`, `1.5 MB`. */
export function formatBytes(value: number | null | undefined): string {
  if (!finite(value)) return absent(value);
  const { text, unit } = scale(value, 1000, ['B', 'kB', 'MB', 'GB', 'TB']);
  return `${text}${THIN}${unit}`;
}

function scale(value: number, base: number, units: string[]): { text: string; unit: string } {
  let scaled = value;
  let index = 0;
  // 999.5 would print as 1000 of the smaller unit.
  while (Math.abs(scaled) >= base - 0.5 && index < units.length - 1) {
    scaled /= base;
    index++;
  }
  const decimals =
    index === 0 && Number.isInteger(scaled) ? 0 : Math.abs(scaled) < 9.995 ? 2 : Math.abs(scaled) < 99.95 ? 1 : 0;
  const text = scaled.toFixed(decimals).replace('-', MINUS);
  return { text: decimals > 0 ? text.replace(/\.?0+$/, '') : text, unit: units[index] };
}

/** A share as a percentage: `94.3 %`; close to the ends it keeps the digits that tell them from the end. */
export function formatPercent(share: number | null | undefined): string {
  if (!finite(share)) return absent(share);
  const percent = share * 100;
  const decimals = percent !== 0 && percent !== 100 && (Math.abs(percent) >= 99.95 || Math.abs(percent) < 0.05) ? 2 : 1;
  return `${percent.toFixed(decimals).replace('-', MINUS)}${THIN}%`;
}

/** Seconds as a span of time: `0.4 s`, `12 s`, `3 min 05 s`, `1 h 20 min`, `2 d 4 h`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (!finite(seconds)) return absent(seconds);
  const total = Math.max(0, seconds);
  if (total < 1) return total === 0 ? `0${THIN}s` : total < 0.1 ? `<${THIN}0.1${THIN}s` : `${total.toFixed(1)}${THIN}s`;
  if (total < 59.5) return `${Math.round(total)}${THIN}s`;
  const minutes = Math.floor(Math.round(total) / 60);
  if (minutes < 60) return `${minutes}${THIN}min ${String(Math.round(total) % 60).padStart(2, '0')}${THIN}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}${THIN}h ${String(minutes % 60).padStart(2, '0')}${THIN}min`;
  return `${Math.floor(hours / 24)}${THIN}d ${hours % 24}${THIN}h`;
}

/** Milliseconds of one step: `0.84 ms`, `12.3 ms`, `1.2 s`. */
export function formatMilliseconds(ms: number | null | undefined): string {
  if (!finite(ms)) return absent(ms);
  return ms >= 1000 ? `${(ms / 1000).toPrecision(3)}${THIN}s` : `${formatNumber(ms, 3)}${THIN}ms`;
}

/** Examples a second: `12.3 k samples/s`. */
export function formatRate(rate: number | null | undefined, unit = 'samples'): string {
  return finite(rate) ? `${formatCompact(rate)}${THIN}${unit}/s` : MISSING;
}

const SIGNS: Record<string, string> = { ' ': '␣', '\n': '↵', '\t': '⇥', '\u00a0': '⍽' };

/** A character that would not be seen, as a sign for it; anything else as it is. */
export const formatCharacter = (text: string): string => SIGNS[text] ?? text;

/** A point in time against now: `just now`, `5 min ago`, `yesterday`, `3 Mar 2026`. */
export function formatAgo(at: number, now = Date.now()): string {
  const seconds = (now - at) / 1000;
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < 172_800) return 'yesterday';
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} days ago`;
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

/** A point in time in full, in the reader's zone: `3 Mar 2026, 14:05:09`. */
export function formatTime(at: number): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}

/** `1 row`, `2 rows`, `1,000 rows`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A tensor's shape: `28 × 28 × 1`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.map((size) => formatCount(size)).join(' × ');
}
