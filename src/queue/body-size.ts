/** Where responses keep their bodies: ours, got's, axios' and what people write. */
const BODIES = ['rawBody', 'body', 'data', 'content'] as const;

/**
 * How many bytes of a body an outcome holds in memory, as far as can be told: the responses of a
 * custom session may be anything, and what it throws too.
 */
export function heldBytes(outcome: unknown): number {
  try {
    const { response } = Object(outcome) as { readonly response?: unknown };
    return bodySize(response);
  } catch {
    return 0;
  }
}

function bodySize(response: unknown): number {
  if (typeof response !== 'object' || response === null) return sizeOf(response);
  const { bufferedBytes } = response as { readonly bufferedBytes?: unknown };
  if (typeof bufferedBytes === 'number') return bufferedBytes;
  const bodies = BODIES.map((name) => Object.getOwnPropertyDescriptor(response, name)?.value);
  return Math.max(...[response, ...bodies].map(sizeOf));
}

function sizeOf(body: unknown): number {
  if (typeof body === 'string') return body.length;
  return ArrayBuffer.isView(body) || body instanceof ArrayBuffer ? body.byteLength : 0;
}
