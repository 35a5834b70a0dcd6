import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, context, propagation, ROOT_CONTEXT, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { onTestFinished } from 'vitest';

/** Keeps its contexts in a storage that can be bound to a channel. */
class BindableContextManager extends AsyncLocalStorageContextManager {
  readonly storage = new AsyncLocalStorage<Context>();

  override active(): Context {
    return this.storage.getStore() ?? ROOT_CONTEXT;
  }

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    work: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.storage.run(active, () => work.call(thisArg as ThisParameterType<F>, ...args));
  }
}

/** OpenTelemetry with its instrumentation of undici, as an application has it; off when the test ends. */
export class SpanWatch {
  readonly tracer: Tracer;
  /** Where the active context is. */
  readonly storage: AsyncLocalStorage<Context>;
  readonly #exporter = new InMemorySpanExporter();

  constructor() {
    const spanProcessors = [new SimpleSpanProcessor(this.#exporter)];
    const provider = new BasicTracerProvider({ spanProcessors });
    const instrumentation = new UndiciInstrumentation();
    const manager = new BindableContextManager();
    instrumentation.setTracerProvider(provider);
    context.setGlobalContextManager(manager);
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    this.tracer = provider.getTracer('test');
    this.storage = manager.storage;
    onTestFinished(() => {
      instrumentation.disable();
      context.disable();
      propagation.disable();
    });
  }

  /** Those that have ended. */
  get spans(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }
}
