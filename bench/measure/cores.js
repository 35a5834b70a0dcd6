// Who runs on which core: the upstream has the last for itself, its clients have the others.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const count = availableParallelism();
export const isPinned = count > 1 && hasTaskset();

/**
 * The command that runs another on its cores, where the machine has several, and `taskset`.
 *
 * @param {'client' | 'upstream'} role
 * @param {readonly string[]} command
 * @returns {readonly string[]}
 */
export function pinned(role, command) {
  if (!isPinned) return command;
  const cores = role === 'upstream' ? String(count - 1) : `0-${count - 2}`;
  return ['taskset', '--cpu-list', cores, ...command];
}

function hasTaskset() {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
