const SHORT_DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
/** With the leap second, which counts as the first of the next minute. */
const TIME = '(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)';

/** IMF-fixdate, and the obsolete forms of RFC 850 and of C's asctime. */
const FORMS = [
  new RegExp(`^${SHORT_DAY}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^${LONG_DAY}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`),
  new RegExp(`^${SHORT_DAY} ${MONTH} (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})$`),
];

/** A year of two digits is never further ahead than this. */
const AHEAD = 50;

/**
 * The time that an HTTP-date says, in milliseconds since 1970, in each of the three forms of
 * RFC 9110 §5.6.7; undefined for anything else, and for a day that its month does not have. The
 * day's name may be a wrong one.
 *
 * @param now in milliseconds since 1970: a year of two digits is one near to it
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return timeOf(parts as Record<Part, string>, now);
  }
  return undefined;
}

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

function timeOf(parts: Record<Part, string>, now: number): number | undefined {
  const year = parts.year.length === 2 ? fullYear(Number(parts.year), now) : Number(parts.year);
  const month = MONTHS.indexOf(parts.month);
  const day = Number(parts.day);
  if (day < 1 || day > daysIn(year, month)) return undefined;
  const { hour, minute, second } = parts;
  return Date.UTC(year, month, day, Number(hour), Number(minute), Number(second));
}

/** The last year with these two digits that is no more than fifty years ahead. */
function fullYear(digits: number, now: number): number {
  const latest = new Date(now).getUTCFullYear() + AHEAD;
  return latest - ((latest - digits) % 100);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}
