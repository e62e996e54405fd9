/** Light, dark, or as the system says. Kept in localStorage; the stylesheet does the rest through `color-scheme`. */

/** What the user chose. */
export type ThemeChoice = 'auto' | 'light' | 'dark';

const KEY = 'lathe.theme';

const isChoice = (value: string | null): value is ThemeChoice =>
  value === 'auto' || value === 'light' || value === 'dark';

class Theme {
  #system = matchMedia('(prefers-color-scheme: dark)');
  #systemDark = $state(this.#system.matches);
  #choice = $state<ThemeChoice>('auto');

  constructor() {
    const stored = localStorage.getItem(KEY);
    if (isChoice(stored)) this.#choice = stored;
    this.#apply();
    this.#system.addEventListener('change', (event) => (this.#systemDark = event.matches));
    window.addEventListener('storage', (event) => {
      if (event.key !== KEY) return;
      this.#choice = isChoice(event.newValue) ? event.newValue : 'auto';
      this.#apply();
    });
  }

  get choice(): ThemeChoice {
    return this.#choice;
  }

  set choice(choice: ThemeChoice) {
    this.#choice = choice;
    localStorage.setItem(KEY, choice);
    this.#apply();
  }

  /** What is shown now. Canvases read it to know when to draw again. */
  get shown(): 'light' | 'dark' {
    return this.#choice === 'auto' ? (this.#systemDark ? 'dark' : 'light') : this.#choice;
  }

  #apply(): void {
    if (this.#choice === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.#choice;
  }
}

/** The one theme of the page. */
export const theme = new Theme();
