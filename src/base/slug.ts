/** A name as part of a file name: letters and digits of any script stay, everything else becomes a hyphen. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80);
  return plain || 'model';
}
