import { InvalidJobError } from '../errors.js';
import { show } from '../show.js';

/** RFC 9110 §9.1. */
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** @throws InvalidJobError unless it is a token; CONNECT is for proxies alone */
export function checkMethod(method: unknown): void {
  if (typeof method !== 'string' || !METHOD.test(method) || /^connect$/i.test(method))
    throw new InvalidJobError(`method must be a token other than CONNECT, got ${show(method)}`);
}
