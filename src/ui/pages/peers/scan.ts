/**
 * Reads QR codes from pictures with the browser's own detector (the Shape Detection API: Chromium on Android, ChromeOS and
 * macOS; elsewhere codes are pasted).
 */

/** What of the detector is used. TypeScript's library does not know it yet. */
interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

type DetectorConstructor = new (options: { formats: string[] }) => Detector;

declare global {
  interface Window {
    BarcodeDetector?: DetectorConstructor;
  }
}

/** Whether this browser can read QR codes with a camera. */
export const canScan = (): boolean =>
  window.BarcodeDetector !== undefined && navigator.mediaDevices?.getUserMedia !== undefined;

/**
 * Looks through the camera that `video` shows until a QR code is seen or `signal` ends it.
 * @returns What the code says; null where it was ended.
 */
export async function scan(video: HTMLVideoElement, signal: AbortSignal): Promise<string | null> {
  if (!window.BarcodeDetector) return null;
  const detector = new window.BarcodeDetector({ formats: ['qr_code'] });
  while (!signal.aborted) {
    const [code] = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? await detector.detect(video) : [];
    if (code) return code.rawValue;
    // Ten looks a second are plenty for a code that is held still.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return null;
}
