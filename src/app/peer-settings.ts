/** How this browser finds others, kept in localStorage. What is there and not as expected is taken for nothing. */
import { LatheError } from '../base/errors';
import { defaultPeerSettings, parsePeerSettings } from '../peers/signalling/settings';
import type { PeerSettings } from './api';

const KEY = 'lathe:peers';

/** The settings of this browser. */
export function readPeerSettings(): PeerSettings {
  const stored = localStorage.getItem(KEY);
  if (stored === null) return defaultPeerSettings();
  try {
    return parsePeerSettings(JSON.parse(stored));
  } catch {
    // Of another version, or damaged: the page shows what is set now, and takes it anew.
    return defaultPeerSettings();
  }
}

/**
 * Changes some settings and returns all.
 * @throws LatheError of kind `config` that names the field, of kind `storage` where the browser keeps nothing
 */
export function writePeerSettings(change: Partial<PeerSettings>): PeerSettings {
  const settings = parsePeerSettings({ ...readPeerSettings(), ...change });
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch (error) {
    throw LatheError.from(error, 'storage');
  }
  return settings;
}
