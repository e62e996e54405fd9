/** How a report looks: light or dark as the reader's system is, light on paper. Colours are those of the page. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --canvas: light-dark(oklch(0.998 0.001 85), oklch(0.182 0.005 70));
  --sunken: light-dark(oklch(0.965 0.004 85), oklch(0.225 0.005 70));
  --line: light-dark(oklch(0.905 0.005 80), oklch(0.3 0.006 70));
  --line-strong: light-dark(oklch(0.62 0.01 75), oklch(0.56 0.01 70));
  --ink: light-dark(oklch(0.225 0.012 60), oklch(0.945 0.006 85));
  --ink-2: light-dark(oklch(0.41 0.012 65), oklch(0.79 0.008 80));
  --ink-3: light-dark(oklch(0.51 0.012 68), oklch(0.675 0.01 75));
  --best: light-dark(oklch(0.66 0.155 60), oklch(0.79 0.15 70));
  --one: light-dark(oklch(0.53 0.15 252), oklch(0.7 0.14 250));
  --none: light-dark(oklch(0.6 0.012 70), oklch(0.66 0.01 70));
  --bad: light-dark(oklch(0.53 0.2 18), oklch(0.74 0.16 18));
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', 'JetBrains Mono', 'DejaVu Sans Mono', monospace;
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 40px 24px 64px; max-width: 1120px; background: var(--canvas); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, 'Segoe UI', 'Inter', 'Noto Sans', 'Liberation Sans', sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; font-weight: 650; }
h2 { font-size: 20px; margin: 48px 0 12px; font-weight: 650; }
h3 { font-size: 14px; margin: 0 0 8px; font-weight: 600; }
p { margin: 0 0 12px; max-width: 72ch; }
.lead { font-size: 18px; line-height: 1.5; }
.quiet, figcaption, dt, small { color: var(--ink-3); }
.tags { color: var(--ink-2); }
.notes { white-space: pre-wrap; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 16px 24px; margin: 24px 0 0; }
dt { font-size: 13px; }
dd { margin: 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 36px 40px; margin-top: 20px; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure.wide { grid-column: 1 / -1; }
figcaption { font-size: 13px; line-height: 1.45; margin-top: 6px; max-width: 72ch; }
.scroll { overflow-x: auto; }
:focus-visible { outline: 2px solid var(--best); outline-offset: 2px; }
table { border-collapse: collapse; font-size: 13px; min-width: 100%; }
th { text-align: left; font-weight: 600; color: var(--ink-2); border-bottom: 1px solid var(--line-strong); vertical-align: bottom; }
th, td { padding: 5px 16px 5px 0; }
td { border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; }
th.why { min-width: 24ch; }
tr.best td { background: color-mix(in oklab, var(--best) 14%, transparent); }
.block { margin-top: 28px; }
.block > div { display: flex; align-items: center; justify-content: space-between; gap: 12px; min-height: 32px; }
.block h3 { margin: 0; }
pre { font: 13px/1.5 var(--mono); background: var(--sunken); border-radius: 6px; padding: 14px 16px; margin: 8px 0 0; overflow-x: auto; }
button {
  font: inherit; font-size: 13px; color: var(--ink); background: transparent; border: 1px solid var(--line-strong);
  border-radius: 4px; padding: 3px 10px; cursor: pointer; flex: none;
}
summary { cursor: pointer; color: var(--ink-2); margin-bottom: 12px; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 12px; fill: var(--ink-2); }
svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; }
svg .quiet { fill: var(--ink-3); }
svg .strong { font-weight: 600; fill: var(--ink); }
svg .halo { paint-order: stroke; stroke: var(--canvas); stroke-width: 3px; stroke-linejoin: round; }
svg path { fill: none; stroke-linejoin: round; }
.grid { stroke: var(--line); }
.axis { stroke: var(--line-strong); }
circle.one { fill: var(--one); }
circle.two { fill: var(--best); stroke: var(--canvas); }
circle.none { fill: var(--none); }
circle.faint { opacity: 0.65; }
path.dots { stroke-linecap: round; stroke-width: 4; }
path.one { stroke: var(--one); }
path.two { stroke: var(--best); }
path.none { stroke: var(--none); }
path.bad { stroke: var(--bad); }
path.dots.faint { opacity: 0.5; }
path.dots.many { stroke-width: 2.5; }
path.cross { stroke-width: 1.25; }
path.cross.many { stroke-width: 0.75; opacity: 0.6; }
path.line { stroke-width: 1.25; opacity: 0.55; }
path.best { stroke: var(--best); stroke-width: 2.5; }
.bar { fill: var(--one); }
.shade-0 { stroke: var(--one); }
.shade-1 { stroke: color-mix(in oklab, var(--one) 66%, var(--canvas)); }
.shade-2 { stroke: color-mix(in oklab, var(--one) 44%, var(--canvas)); }
.shade-3 { stroke: color-mix(in oklab, var(--one) 30%, var(--canvas)); }
.shade-4 { stroke: color-mix(in oklab, var(--one) 20%, var(--canvas)); }
@media (max-width: 600px) { body { padding: 24px 16px 48px; } h1 { font-size: 24px; } .lead { font-size: 16px; } }
@media print {
  :root { color-scheme: light; }
  body { padding: 0; max-width: none; }
  button { display: none; }
  pre { white-space: pre-wrap; }
}
`;

/** Puts a block's text on the clipboard; where there is none, the text is selected. */
export const SCRIPT = `
for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const block = button.closest('.block').querySelector('pre');
    try {
      await navigator.clipboard.writeText(block.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(block);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
}
`;
