/** A browser as users have it, with the machine's GPU or the software adapter. */
import { chromium, type Browser } from 'playwright-core';
import { browserArguments, chooseAdapter, findBrowser } from '../../../bin/browser';

/** Starts a browser. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await findBrowser();
  const { adapter } = await chooseAdapter(executablePath);
  return chromium.launch({ executablePath, args: browserArguments(adapter) });
}
