/** What a server asks for, while it is typed. It goes into the workbench and is not shown again. */
import type { Credential } from '../../store/delivery';

/** How a user proves who they are; `none`: the server asks for nothing. */
export type Scheme = Credential['scheme'] | 'none';

/** What each is called. */
export const SCHEME_NAMES: Record<Scheme, string> = {
  none: 'No login',
  basic: 'Password',
  bearer: 'Token',
  key: 'Key',
};

/** A credential on its way. */
export class CredentialDraft {
  scheme = $state<Scheme>('none');
  username = $state('');
  /** Password, token or key. */
  secret = $state('');

  /** The credential; null: none is wanted; undefined: nothing was typed yet. */
  get value(): Credential | null | undefined {
    const { scheme, secret } = this;
    const username = this.username.trim();
    if (scheme === 'none') return null;
    if (scheme === 'basic') return username === '' ? undefined : { scheme, username, password: secret };
    const typed = secret.trim();
    if (typed === '') return undefined;
    return scheme === 'bearer' ? { scheme, token: typed } : { scheme, key: typed };
  }

  /** Begins with the usual one of those that a tracker knows. */
  begin(schemes: readonly Credential['scheme'][], kept: Credential['scheme'] | null = null): void {
    this.scheme = kept ?? (schemes.length === 1 ? schemes[0] : 'none');
    this.clear();
  }

  clear(): void {
    this.username = '';
    this.secret = '';
  }
}
