/** Device pixels for each pixel of the page: changes with the zoom, and with the screen a window is moved to. */

class PixelRatio {
  value = $state(window.devicePixelRatio);

  constructor() {
    this.#watch();
  }

  /** A query names one ratio, so there is a new one after every change. */
  #watch(): void {
    matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener(
      'change',
      () => {
        this.value = window.devicePixelRatio;
        this.#watch();
      },
      { once: true },
    );
  }
}

/** The one pixel ratio of the page. */
export const pixelRatio = new PixelRatio();
