/** Markdown as far as recorded texts use it: paragraphs, and blocks of code between fences. */

/** A part of a text. */
export interface TextBlock {
  kind: 'prose' | 'code';
  text: string;
}

/** Cuts a text into its parts. A fence that is not closed goes on to the end. */
export function textBlocks(markdown: string): TextBlock[] {
  const blocks: TextBlock[] = [];
  let lines: string[] = [];
  let fence: string | null = null;
  const close = (kind: TextBlock['kind']): void => {
    const text = lines.join('\n');
    if (kind === 'code' || text.trim() !== '') blocks.push({ kind, text: kind === 'code' ? text : text.trim() });
    lines = [];
  };
  for (const line of markdown.split('\n')) {
    const ticks = /^`{3,}/.exec(line)?.[0];
    if (fence === null && ticks !== undefined) {
      close('prose');
      fence = ticks;
    } else if (fence !== null && line === fence) {
      close('code');
      fence = null;
    } else lines.push(line);
  }
  close(fence === null ? 'prose' : 'code');
  return blocks;
}
