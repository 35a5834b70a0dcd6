import type { Awaitable, OrNothing } from '../awaitable.js';
import { InvalidJobError } from '../errors.js';
import { unknownKey } from '../known-keys.js';
import { isPlainObject } from '../plain-object.js';
import { show } from '../show.js';
import { Response } from './response.js';

/**
 * Is called with each response, redirects and challenges included, before it is followed or handed
 * out. What it returns, if anything, takes the response's place (requests' response hook).
 */
export type ResponseHook = (response: Response) => Awaitable<OrNothing<Response>>;

/** Callbacks by the event that they are called at. */
export interface Hooks {
  readonly response?: ResponseHook | readonly ResponseHook[];
}

const EVENTS: ReadonlySet<string> = new Set<keyof Hooks>(['response']);
const NO_HOOKS: readonly ResponseHook[] = [];

/** @throws InvalidJobError for an unknown event, or a hook that is no function */
export function hooksOf(hooks: Hooks): readonly ResponseHook[] {
  if (!isPlainObject(hooks))
    throw new InvalidJobError(`hooks must be a record of functions, got ${show(hooks)}`);
  const unknown = unknownKey(hooks, EVENTS);
  if (unknown !== undefined) throw new InvalidJobError(`hooks: ${unknown}`);
  const { response } = hooks;
  if (response === undefined) return NO_HOOKS;
  const all: readonly unknown[] = Array.isArray(response) ? response : [response];
  for (const hook of all)
    if (typeof hook !== 'function')
      throw new InvalidJobError(`hooks.response must be functions, got ${show(hook)}`);
  return all as readonly ResponseHook[];
}

/** @throws InvalidJobError if a hook returns something else; what a hook throws */
export async function runHooks(
  hooks: readonly ResponseHook[],
  response: Response,
): Promise<Response> {
  let current = response;
  for (const hook of hooks) current = checked((await hook(current)) ?? current);
  return current;
}

function checked(response: Response): Response {
  if (!(response instanceof Response))
    throw new InvalidJobError(
      `hooks.response must return a Response or nothing, got ${show(response)}`,
      { phase: 'response' },
    );
  return response;
}
