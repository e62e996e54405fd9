/** The whole page around a workbench in memory, for tests of what people see of peers. */
import axe from 'axe-core';
import { mount, unmount } from 'svelte';
import { toast } from 'svelte-sonner';
import { expect, onTestFinished } from 'vitest';
import type { GroupStatus } from '../../../../src/peers/status';
import Shell from '../../../../src/ui/shell/Shell.svelte';
import '../../../../src/ui/styles/base.css';
import '../../../../src/ui/styles/tokens.css';
import { roomOf, sharedRun } from '../../../helpers/groups';
import { memoryWorkbench, type MemoryContent, type MemoryWorkbench } from '../../../helpers/memory-workbench';

/** Opens the page at `hash` until the test ends or `close` is called. */
export async function openPage(
  hash: string,
  content: MemoryContent = {},
): Promise<MemoryWorkbench & { close: () => Promise<void> }> {
  location.hash = hash;
  const memory = await memoryWorkbench(content);
  const target = document.body.appendChild(document.createElement('div'));
  const app = mount(Shell, { target, props: { workbench: memory.workbench, watchForUpdate: () => undefined } });
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    // What is said in the corner outlives the page that said it.
    toast.dismiss();
    await unmount(app);
    target.remove();
  };
  onTestFinished(close);
  return { ...memory, close };
}

/** A run that trains with others, as the page finds it when it is opened. */
export const training = (status: GroupStatus): MemoryContent => ({
  runs: [sharedRun()],
  peers: { status: async () => status, room: async () => roomOf() },
});

/** Holds what is shown against WCAG 2 A and AA. */
export async function expectAccessible(): Promise<void> {
  // What is said in the corner fades in and out.
  const { violations } = await axe.run(
    { exclude: '[data-sonner-toaster]' },
    {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
      // Experimental in axe itself; it counts the keys that a button shows as part of its label.
      rules: { 'label-content-name-mismatch': { enabled: false } },
    },
  );
  expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([]);
}
