/** The least of an Http: what an answer's status means, and nothing is asked twice. */
import type { DeliveryErrorCode } from '../../../../../src/store/delivery';
import { DeliveryError, type Http } from '../../../../../src/tracking/http/http';

const CODES: Record<number, DeliveryErrorCode> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'too_large',
  429: 'too_many',
};

/** Requests over Node's `fetch`. @param headers added to every request */
export function plainHttp(headers: Record<string, string> = {}): Http {
  return {
    credential: () => null,
    async request({ method, url, headers: own, body }) {
      const isJson = typeof body === 'object' && !(body instanceof Uint8Array) && !(body instanceof Blob);
      const content = isJson ? JSON.stringify(body) : body;
      let response: Response;
      try {
        response = await fetch(url, {
          method,
          headers: { ...(isJson ? { 'Content-Type': 'application/json' } : {}), ...headers, ...own },
          body: content instanceof Uint8Array ? new Blob([new Uint8Array(content)]) : content,
        });
      } catch (cause) {
        throw new DeliveryError('unreachable', `${url} cannot be reached.`, { cause });
      }
      if (response.ok) return response;
      const { status } = response;
      const text = (await response.text()).slice(0, 2000);
      const code = CODES[status] ?? (status >= 500 ? 'server' : 'refused');
      throw new DeliveryError(code, `${url} answered ${status}.`, { status, body: text });
    },
  };
}
