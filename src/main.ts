/** The page's entry: opens the workbench, exposes it as `window.lathe`, and gives it its face. */
import { mount } from 'svelte';
import { exposeWorkbench, isDriven } from './app/driver';
import { watchForUpdate } from './app/update';
import { openWorkbench } from './app/workbench';
import App from './ui/App.svelte';
import './ui/styles/tokens.css';
import './ui/styles/base.css';

const opening = openWorkbench({ driven: isDriven() }).then((workbench) => {
  exposeWorkbench(workbench);
  return workbench;
});

mount(App, { target: document.body, props: { opening, watchForUpdate } });
