/** Order of class names: numbers by value, everything else by its letters, the same on every machine. */
export function datasetClasses(names: Iterable<string>): string[] {
  const list = [...new Set(names)];
  const numeric = list.every((name) => name.trim() !== '' && Number.isFinite(Number(name)));
  // Not localeCompare: its order depends on the browser's language.
  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return list.sort(numeric ? (a, b) => Number(a) - Number(b) || byText(a, b) : byText);
}
