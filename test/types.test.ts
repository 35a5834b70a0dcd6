import { describe, expectTypeOf, it } from 'vitest';
import {
  type ExceptionOf,
  type Job,
  JobQueue,
  type JobSource,
  map,
  type Outcome,
  Pool,
  type PoolOptions,
  type RequestError,
  type Response,
  type ResponseOf,
  Session,
  SessionThread,
  type Sink,
  ThreadException,
  ThreadResponse,
} from '../src/index.js';

/** `npm run types` compiles this; nothing in it runs but the naming of functions. */
function compiles(_: () => unknown): void {}

interface Query {
  readonly sql: string;
}

interface Rows {
  readonly rows: number;
  count(): number;
}

class Database {
  async request(_: Query): Promise<Rows> {
    return { rows: 1, count: () => 1 };
  }
  close(): void {}
}

describe('the types of an outcome', () => {
  it('keep its own properties where the wrapped object has others of that name', () => {
    compiles(() => {
      const outcome = new ThreadResponse({ sql: '' }, { kind: 'row' as const, index: 'a', n: 1 });
      expectTypeOf(outcome.kind).toEqualTypeOf<'response'>();
      expectTypeOf(outcome.index).toBeNumber();
      expectTypeOf(outcome.n).toBeNumber();
      expectTypeOf(outcome.response.index).toBeString();
    });
  });

  it('are of use even if a session returns nothing', () => {
    compiles(() => {
      const outcome = new ThreadResponse({ sql: '' }, undefined);
      expectTypeOf(outcome.requestKwargs).toEqualTypeOf<{ sql: string }>();
    });
  });
});

describe('the types of a pool', () => {
  it('are those of Session unless it has another session', () => {
    compiles(async () => {
      const pool = new Pool({ jobQueue: [{ url: 'http://a.example/' }] });
      expectTypeOf(pool).toEqualTypeOf<Pool<Session>>();
      for await (const response of pool.responses()) {
        expectTypeOf(response).toEqualTypeOf<ThreadResponse<Job, Response, Session>>();
        expectTypeOf(response.kind).toEqualTypeOf<'response'>();
        expectTypeOf(response.requestKwargs).toEqualTypeOf<Job>();
        expectTypeOf(response.response).toEqualTypeOf<Response>();
        expectTypeOf(response.index).toBeNumber();
        expectTypeOf(response.session).toEqualTypeOf<Session | undefined>();
        expectTypeOf(response.statusCode).toBeNumber();
        expectTypeOf(response.text).toEqualTypeOf<Response['text']>();
      }
      for await (const exception of pool.exceptions()) {
        expectTypeOf(exception).toEqualTypeOf<ThreadException<Job, RequestError, Session>>();
        expectTypeOf(exception.exception).toEqualTypeOf<RequestError>();
        expectTypeOf(exception.code).toBeString();
      }
      expectTypeOf(
        pool.submit({ url: new URL('http://a.example/') }),
      ).resolves.toEqualTypeOf<Response>();
      expectTypeOf(pool.getResponse()).toEqualTypeOf<
        ThreadResponse<Job, Response, Session> | undefined
      >();
      expectTypeOf(pool.getException()?.message).toEqualTypeOf<string | undefined>();
      expectTypeOf(pool.joinAll()).resolves.toBeVoid();
      expectTypeOf(new Pool({ jobQueue: new JobQueue() })).toEqualTypeOf<Pool<Session>>();
    });
  });

  it('tell the kinds of outcome apart', () => {
    compiles(async () => {
      for await (const outcome of new Pool({ session: Database }))
        if (outcome.kind === 'response') expectTypeOf(outcome.response).toEqualTypeOf<Rows>();
        else expectTypeOf(outcome.exception).toEqualTypeOf<Error>();
    });
  });

  it('infer jobs and responses from a session that is a class or a function', () => {
    compiles(() => {
      const pool = new Pool({ session: Database, jobQueue: [{ sql: 'select 1' }] });
      expectTypeOf(pool).toEqualTypeOf<Pool<Database>>();
      expectTypeOf(pool.submit({ sql: 'select 1' })).resolves.toEqualTypeOf<Rows>();
      expectTypeOf(pool.getResponse()?.count()).toEqualTypeOf<number | undefined>();
      expectTypeOf(pool.getResponse()?.requestKwargs).toEqualTypeOf<Query | undefined>();
      expectTypeOf(new Pool({ session: () => new Database() })).toEqualTypeOf<Pool<Database>>();
      expectTypeOf(new Pool({ session: async () => new Database() })).toEqualTypeOf<
        Pool<Database>
      >();
      expectTypeOf<ResponseOf<Database>>().toEqualTypeOf<Rows>();
      expectTypeOf<ExceptionOf<Database>>().toEqualTypeOf<Error>();
    });
  });

  it('give the initializer and the authGenerator the session', () => {
    compiles(() => {
      new Pool({
        initializer: (session, greeting: string) => session.headers.set('X-Greeting', greeting),
        initargs: ['hello'],
        authGenerator(session) {
          expectTypeOf(session).toEqualTypeOf<Session>();
          session.auth = ['user', 'password'];
        },
      });
      new Pool({ session: Database, initializer: async () => new Database() });
    });
  });

  it('take jobs from whatever can be iterated, or asked', () => {
    compiles(() => {
      const job = { url: 'http://a.example/' };
      new Pool({ jobQueue: new Set([job]) });
      new Pool({ jobQueue: [job].values() });
      new Pool({ jobQueue: ReadableStream.from([job]) });
      new Pool({ jobQueue: new JobQueue([job]) });
      new Pool({ jobQueue: new JobQueue<Job>() });
      new Pool({ jobQueue: { get: () => undefined } });
      new Pool({ jobQueue: { get: async () => job, done: async () => {} } });
      const source: JobSource<Job> = {
        get: () => job,
        size: 1,
        done: (_, outcome) => {
          expectTypeOf(outcome).toEqualTypeOf<Outcome<Job> | undefined>();
        },
      };
      new Pool({ jobQueue: source });
    });
  });

  it('are those of the options for fromUrls, fromExceptions and map', () => {
    compiles(() => {
      expectTypeOf(Pool.fromUrls(['http://a.example/'])).toEqualTypeOf<Pool<Session>>();
      Pool.fromUrls(
        [new URL('http://a.example/')],
        { headers: { Accept: '*/*' } },
        { numProcesses: 2 },
      );
      const pool = new Pool({ session: Database });
      const again = Pool.fromExceptions(pool.exceptions(), { session: Database });
      expectTypeOf(again).toEqualTypeOf<Pool<Database>>();
      const [responses, exceptions] = map([{ sql: 'select 1' }], { session: Database });
      expectTypeOf(responses).toEqualTypeOf<
        AsyncGenerator<ThreadResponse<Query, Rows, Database>, void, undefined>
      >();
      expectTypeOf(exceptions).toEqualTypeOf<
        AsyncGenerator<ThreadException<Query, Error, Database>, void, undefined>
      >();
    });
  });

  it('let a pool be made of the options alone', () => {
    expectTypeOf<PoolOptions['numProcesses']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<ConstructorParameters<typeof Pool>[0]>().toBeNullable();
  });
});

describe('the types of a session thread', () => {
  it('are those of its session and its queues', () => {
    compiles(() => {
      const jobs = new JobQueue<Query>();
      const responses = new JobQueue<[Query, Rows]>();
      const exceptions: Sink<[Query, unknown]> = { put: () => {} };
      const thread = new SessionThread(new Database(), jobs, responses, exceptions);
      expectTypeOf(thread).toEqualTypeOf<SessionThread<Query, Rows>>();
      new SessionThread(new Session(), new JobQueue<Job>(), { put: () => {} }, { put: () => {} });
    });
  });
});

describe('the types of outcomes', () => {
  it('are inferred from what is wrapped', () => {
    compiles(() => {
      const response = new ThreadResponse({ sql: 'select 1' }, { rows: 1 });
      expectTypeOf(response.rows).toBeNumber();
      expectTypeOf(response.requestKwargs.sql).toBeString();
      expectTypeOf(new ThreadException(1, new TypeError('no')).message).toBeString();
    });
  });
});

describe('the compiler refuses', () => {
  it('options that there are none of, or of a wrong type', () => {
    compiles(() => {
      // @ts-expect-error: an unknown key
      new Pool({ numProcesess: 1 });
      // @ts-expect-error: not a number
      new Pool({ numProcesses: '3' });
      // @ts-expect-error: what is iterated are characters
      new Pool({ jobQueue: 'http://a.example/' });
      // @ts-expect-error: an instance
      new Pool({ session: new Session() });
      // @ts-expect-error: no method request
      new Pool({ session: () => ({ get() {} }) });
      // @ts-expect-error: the initializer returns junk
      new Pool({ initializer: () => 7 });
      // @ts-expect-error: no array
      new Pool({ initargs: 'ab' });
    });
  });

  it('jobs that the session does not take', () => {
    compiles(() => {
      // @ts-expect-error: no URL
      new Pool({ jobQueue: [{ method: 'GET' }] });
      // @ts-expect-error: an unknown key
      new Pool().submit({ url: 'http://a.example/', timeuot: 1 });
      // @ts-expect-error: no job of a Database
      new Pool({ session: Database }).submit({ url: 'http://a.example/' });
      // @ts-expect-error: jobs of another session
      new Pool({ session: Database, jobQueue: [{ url: 'http://a.example/' }] });
      // @ts-expect-error: no object
      new JobQueue().put('http://a.example/');
      // @ts-expect-error: without jobs to tell it from, it is one of a Session's
      new JobQueue().put({ sql: 'select 1' });
    });
  });

  it('a job queue beside what map, fromUrls and fromExceptions are given', () => {
    compiles(() => {
      // @ts-expect-error: its jobs are the first argument
      map([{ url: 'http://a.example/' }], { jobQueue: [] });
      // @ts-expect-error: likewise
      Pool.fromUrls(['http://a.example/'], {}, { jobQueue: [] });
      // @ts-expect-error: the URL is the first argument's
      Pool.fromUrls(['http://a.example/'], { url: 'http://a.example/' });
      // @ts-expect-error: no exceptions
      Pool.fromExceptions([new Error('no')]);
    });
  });

  it('changing what an outcome says of its job', () => {
    compiles(() => {
      const outcome = new ThreadResponse({ sql: 'select 1' }, { rows: 1 });
      // @ts-expect-error: it is read-only
      outcome.index = 1;
      // @ts-expect-error: it is read-only
      outcome.requestKwargs = { sql: 'select 2' };
    });
  });
});
