/** QR codes (ISO/IEC 18004) of links and pairing codes. */
import { renderSVG } from 'uqr';

/** Bytes that the largest code holds at its lowest level of error correction. */
const MOST_BYTES = 2953;

/** `text` as a QR code, dark on white whatever the page's theme: an SVG document. Null where it is too long for one. */
export function qrSvg(text: string): string | null {
  if (new TextEncoder().encode(text).length > MOST_BYTES) return null;
  // The standard asks for a quiet zone of four modules around it.
  return renderSVG(text, { ecc: 'L', boostEcc: true, border: 4 });
}
