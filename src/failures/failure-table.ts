import type { FailureGroup } from './failure-groups.js';
import { secretsOf } from './job-record.js';
import { Secrets } from './secrets.js';

/** So many groups are shown. */
const MOST = 20;
/** Of a message, in characters. */
const LONGEST = 160;
const HEADINGS = ['count', 'code', 'phase', 'origin'] as const;

/** The groups as a terminal shows them: a line each, and below it an example and the hint. */
export function tableOf(total: number, groups: readonly FailureGroup[]): string {
  if (total === 0) return 'no failures';
  const shown = groups.slice(0, MOST);
  const rows = [HEADINGS, ...shown.map(cellsOf)];
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  const [heading, ...lines] = rows.map((row) => lineOf(row, widths));
  const indent = ' '.repeat((widths[0] as number) + 2);
  const blocks = shown.map((group, i) =>
    [lines[i], ...notesOn(group).map((note) => indent + note)].join('\n'),
  );
  const rest = groups.slice(MOST).reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) blocks.push(`and ${rest} more in ${groups.length - MOST} other groups`);
  const summary = `${numbered(total, 'failure')} of ${numbered(groups.length, 'kind')}`;
  return `${summary}\n\n${[heading, ...blocks].join('\n')}`;
}

function numbered(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function cellsOf({ count, code, statusCode, phase, origin = '' }: FailureGroup): string[] {
  const status = statusCode === undefined ? '' : ` ${statusCode}`;
  return [String(count), printable(code + status), printable(phase ?? ''), printable(origin)];
}

/** Numbers to the right, text to the left. */
function lineOf(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) =>
      i === 0 ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number),
    )
    .join('  ')
    .trimEnd();
}

function notesOn({ example, hint }: FailureGroup): string[] {
  const message = printable(example.message, secretsOf(example.requestKwargs));
  return [message, ...(hint === undefined ? [] : [`hint: ${hint}`])];
}

/** A server may have put anything into it: what moves the cursor is none of a table's. */
function printable(text: string, secrets = new Secrets()): string {
  const line = secrets.hide(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' '));
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
