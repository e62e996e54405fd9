/**
 * Perplexity per character of `held` under bigrams of `training`, each count raised by one (Laplace): what a model reaches
 * that looks at the character before and no further.
 */
export function bigramPerplexity(training: string, held: string): number {
  const pairs = new Map<string, number>();
  const firsts = new Map<string, number>();
  for (let i = 0; i + 1 < training.length; i++) {
    const pair = training.slice(i, i + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    firsts.set(pair[0], (firsts.get(pair[0]) ?? 0) + 1);
  }
  const vocabulary = new Set(training).size;
  let loss = 0;
  for (let i = 0; i + 1 < held.length; i++) {
    const count = pairs.get(held.slice(i, i + 2)) ?? 0;
    loss -= Math.log((count + 1) / ((firsts.get(held[i]) ?? 0) + vocabulary));
  }
  return Math.exp(loss / (held.length - 1));
}
