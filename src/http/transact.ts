import type { PreparedRequest } from '../request/prepared-request.js';
import { Lifetime } from './lifetime.js';
import type { Admit, RequestOptions, RequestWatch } from './request-context.js';
import type { Response } from './response.js';
import { Transaction } from './transaction.js';
import type { TransactionOptions } from './transaction-options.js';

/** Who may end a transaction before its time. */
export interface TransactionOwners {
  /** The job's. */
  readonly signal: AbortSignal | undefined;
  /** Of whoever runs the job. */
  readonly context: RequestOptions | undefined;
  /** If that is a pool. Is told when the request is done. */
  readonly watch: RequestWatch | undefined;
}

/**
 * Sends a request, within the time that it has in all. What costs time is left out where nothing asks
 * for it.
 *
 * @throws AbortError if it was given up before it began
 */
export function transact(
  request: PreparedRequest,
  options: TransactionOptions,
  { signal, context, watch }: TransactionOwners,
): Promise<Response> {
  const { total } = options.timeouts;
  // A copy of what a pool gives has this too.
  const { admit } = (context ?? {}) as { readonly admit?: Admit };
  const given = watch === undefined ? context?.signal : undefined;
  if (total === Infinity && signal === undefined && given === undefined)
    return new Transaction(options, watch, admit).send(request);
  const signals = [signal, given].filter((it) => it !== undefined);
  const lifetime = new Lifetime(request, { total, signals });
  watch?.watch(lifetime, request);
  const response = lifetime.run(() => new Transaction(options, lifetime, admit).send(request));
  return watch === undefined ? response : response.finally(() => watch.done());
}
