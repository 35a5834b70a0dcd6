// Fetches 500 URLs of a server that it brings along, and shows how far it is.
//
//   node examples/progress/main.js
import { Pool } from 'session-pool';
import { startServer } from '../main-job/server.js';
import { progress } from './progress.js';

const server = await startServer();
const pool = Pool.fromUrls(server.urls, { timeout: 5000 }, { numProcesses: 8, retry: 2 });
progress(pool);

let bytes = 0;
for await (const outcome of pool) if (outcome.kind === 'response') bytes += outcome.content.length;
console.log(`${pool.stats.succeeded} responses, ${pool.stats.failed} exceptions, ${bytes} bytes`);
await server.stop();
