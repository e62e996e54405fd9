/** Whether an architecture takes tokens, as text has them, instead of numbers and images. */
export const readsTokens = (architecture: string): boolean => architecture === 'transformer';
