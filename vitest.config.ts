import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/reporter.js';

// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from there.
export default defineConfig({
  // The package's own name means `src`, as tsconfig.json says.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', new ClosingLineReporter()],
    // The tests mock no module, so files can share a process: with one each, a run of thirty files
    // takes 17 s instead of 3.
    isolate: false,
    // Whoever runs the tests may have proxies and a netrc.
    env: { http_proxy: '', https_proxy: '', all_proxy: '', NETRC: '' },
    // A limit for what hangs. No test measures time.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: {
      provider: 'v8',
      // Every file, loaded by a test or not.
      include: ['src/**'],
      // A line is left out only where it says why: `/* v8 ignore next -- the reason */`.
      thresholds: { 100: true },
      // The uncovered lines, if any, above the totals.
      reporter: [['text', { skipFull: true }], 'text-summary'],
    },
  },
});
