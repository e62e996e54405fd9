/** Shortcuts of the command registry, on the keyboard and in words. */
import { tinykeys } from 'tinykeys';
import type { Session } from '../state/session.svelte';
import { COMMANDS } from './registry';

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);

/** Listens for the shortcuts of all commands until the returned function is called. */
export function listenForShortcuts(session: Session): () => void {
  const bindings: Record<string, (event: KeyboardEvent) => void> = {};
  for (const command of COMMANDS) {
    if (!command.shortcut) continue;
    const plain = !command.shortcut.includes('$mod');
    bindings[command.shortcut] = (event) => {
      // Letters belong to whoever is typing.
      if (plain && isTyping(event)) return;
      if (command.available && !command.available(session)) return;
      event.preventDefault();
      void command.perform(session);
    };
  }
  return tinykeys(window, bindings);
}

function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
}

/** The keys of a shortcut, to be shown: `['Ctrl', 'K']`, `['G', 'D']`. */
export function shortcutKeys(shortcut: string): string[] {
  return shortcut
    .split(/[+ ]/)
    .map((key) =>
      key === '$mod'
        ? APPLE
          ? '⌘'
          : 'Ctrl'
        : key === 'Shift' && APPLE
          ? '⇧'
          : key.length === 1
            ? key.toUpperCase()
            : key,
    );
}
