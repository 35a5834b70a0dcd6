import type { Phase } from '../errors.js';
import { kindOf } from '../kind-of.js';
import type { ThreadException } from '../queue/outcomes.js';
import { show } from '../show.js';
import { type FailureKind, hintFor } from './hints.js';

/** Failures that are alike, and what to do about them. */
export interface FailureGroup<J = unknown> extends FailureKind {
  readonly count: number;
  /** The first of them. */
  readonly example: { readonly message: string; readonly requestKwargs: J };
  readonly hint: string | undefined;
}

/** One that is still counted. */
interface Tally<J> extends FailureKind {
  count: number;
  readonly example: FailureGroup<J>['example'];
}

/** Beyond so many groups, failures are counted without their origin; */
const MOST_ORIGINS = 1000;
/** beyond so many, all others together. */
const MOST = 2000;
const OTHERS: FailureKind = {
  code: 'others',
  origin: undefined,
  phase: undefined,
  statusCode: undefined,
};

/** Counts failures by code, status, origin and phase, in bounded memory. */
export class FailureGroups<J> {
  readonly #groups = new Map<string, Tally<J>>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add({ exception, requestKwargs }: ThreadException<J, unknown>): void {
    this.#total++;
    const kind = this.#coarsened(kindOfFailure(exception, requestKwargs));
    const known = this.#groups.get(keyOf(kind));
    if (known !== undefined) known.count++;
    else {
      const example = { message: messageOf(exception), requestKwargs };
      this.#groups.set(keyOf(kind), { ...kind, count: 1, example });
    }
  }

  /** The largest first. */
  toSorted(): FailureGroup<J>[] {
    const groups = [...this.#groups.values()].sort((a, b) => b.count - a.count);
    return groups.map((group) => ({ ...group, hint: hintFor(group, groups) }));
  }

  #coarsened(kind: FailureKind): FailureKind {
    if (this.#isRoomFor(kind, MOST_ORIGINS)) return kind;
    const anywhere = { ...kind, origin: undefined };
    return this.#isRoomFor(anywhere, MOST) ? anywhere : OTHERS;
  }

  #isRoomFor(kind: FailureKind, limit: number): boolean {
    return this.#groups.size < limit || this.#groups.has(keyOf(kind));
  }
}

function keyOf({ code, origin, phase, statusCode }: FailureKind): string {
  return JSON.stringify([code, origin, phase, statusCode]);
}

/** An exception may be anything. */
function kindOfFailure(exception: unknown, job: unknown): FailureKind {
  const { phase, request, response } = Object(exception);
  const { statusCode, status = statusCode } = Object(response);
  return {
    code: codeOf(exception),
    origin: originOf(Object(request).url) ?? originOf(Object(job).url),
    phase: typeof phase === 'string' ? (phase as Phase) : undefined,
    statusCode: Number.isInteger(status) && status >= 400 ? status : undefined,
  };
}

/** fetch throws a TypeError whose cause has the code. */
function codeOf(exception: unknown): string {
  const { code, cause, name } = Object(exception);
  const known = [code, Object(cause).code, name].find((it) => typeof it === 'string' && it !== '');
  return known ?? kindOf(exception);
}

/** Of what failed: after a redirect another one than the job's. */
function originOf(url: unknown): string | undefined {
  if (typeof url !== 'string' && !(url instanceof URL)) return undefined;
  const origin = URL.canParse(String(url)) ? new URL(url).origin : 'null';
  return origin === 'null' ? undefined : origin;
}

function messageOf(exception: unknown): string {
  return exception instanceof Error ? exception.message : show(exception);
}
