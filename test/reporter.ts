import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/**
 * Closes a run with a line of its own, `N passed, N failed` (`, N skipped` if any were), below the
 * coverage report, for readers that do not know Vitest's summary.
 *
 * A failure is a test that neither passed nor was skipped, one that never ended included; a file
 * or suite that broke outside its tests (an import, a hook); an error that nothing caught.
 */
export class ClosingLineReporter implements Reporter {
  #line = '';

  onInit(): void {
    process.once('exit', () => {
      if (this.#line) console.log(`\n${this.#line}`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const groups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const states = modules
      .flatMap((module) => [...module.children.allTests()])
      .map((test) => test.result().state);

    const passed = states.filter((state) => state === 'passed').length;
    const skipped = states.filter((state) => state === 'skipped').length;
    const broken = groups.filter((group) => group.errors().length > 0).length;
    const failed = states.length - passed - skipped + broken + unhandledErrors.length;

    this.#line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  }
}
