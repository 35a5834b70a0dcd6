// Runs contenders in turn, round by round, so that a slow moment of the machine meets all alike.

/** @typedef {{ throughput: number, cpu: number }} Figures requests a second, and microseconds of CPU a request */

/**
 * The medians of several rounds. The first round of each is thrown away.
 *
 * @param {Record<string, () => Promise<unknown>>} contenders each makes `requests` requests
 * @param {number} requests
 * @param {number} rounds
 * @returns {Promise<Record<string, Figures>>}
 */
export async function compare(contenders, requests, rounds) {
  /** @type {Record<string, Figures[]>} */
  const all = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const [name, run] of Object.entries(contenders)) {
      const figures = await measure(run, requests);
      if (round > 0) all[name]?.push(figures);
    }
  return Object.fromEntries(Object.entries(all).map(([name, figures]) => [name, medians(figures)]));
}

/** @param {() => Promise<unknown>} run @param {number} requests @returns {Promise<Figures>} */
async function measure(run, requests) {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await run();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { throughput: requests / seconds, cpu: (user + system) / requests };
}

/** @param {Figures[]} figures @returns {Figures} */
function medians(figures) {
  return {
    throughput: median(figures.map(({ throughput }) => throughput)),
    cpu: median(figures.map(({ cpu }) => cpu)),
  };
}

/** The middle one, or the mean of the middle two; NaN if there are none. @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (values.length - 1) / 2;
  return (Number(sorted[Math.floor(middle)]) + Number(sorted[Math.ceil(middle)])) / 2;
}

/**
 * A line for each, with the ratio of the first one's throughput to it.
 *
 * @param {Record<string, Figures>} results
 */
export function print(results) {
  const [first] = Object.values(results);
  for (const [name, { throughput, cpu }] of Object.entries(results))
    console.log(
      name.padEnd(34) +
        `${throughput.toFixed(0).padStart(8)} requests/s` +
        `${cpu.toFixed(1).padStart(8)} us of CPU` +
        `${(Number(first?.throughput) / throughput).toFixed(2).padStart(8)}`,
    );
}
