// The least that a handler of undici can do: collect the body. In both of the forms that it has.

/** @typedef {import('undici').Dispatcher} Dispatcher */
/** @typedef {import('undici').Dispatcher.DispatchOptions} DispatchOptions */

class Base {
  /** @type {Buffer[]} */
  chunks = [];

  /** @param {(body: Buffer) => void} resolve @param {(error: Error) => void} reject */
  constructor(resolve, reject) {
    this.resolve = resolve;
    this.reject = reject;
  }

  end() {
    this.resolve(Buffer.concat(this.chunks));
  }
}

/** The older form, which undici 7 works with. */
export class Collector extends Base {
  onConnect() {}

  onHeaders() {
    return true;
  }

  /** @param {Buffer} chunk */
  onData(chunk) {
    this.chunks.push(chunk);
    return true;
  }

  onComplete() {
    this.end();
  }

  /** @param {Error} error */
  onError(error) {
    this.reject(error);
  }
}

/** The newer form, which undici 7 wraps around the older. */
export class ControlledCollector extends Base {
  onRequestStart() {}

  onResponseStart() {}

  /** @param {unknown} _ @param {Buffer} chunk */
  onResponseData(_, chunk) {
    this.chunks.push(chunk);
  }

  onResponseEnd() {
    this.end();
  }

  /** @param {unknown} _ @param {Error} error */
  onResponseError(_, error) {
    this.reject(error);
  }
}

/**
 * @param {Dispatcher} dispatcher
 * @param {DispatchOptions} options
 * @param {typeof Collector | typeof ControlledCollector} Handler
 * @returns {Promise<Buffer>}
 */
export function collect(dispatcher, options, Handler = Collector) {
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(options, new Handler(resolve, reject));
  });
}
