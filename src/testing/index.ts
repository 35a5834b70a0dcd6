export {
  type ConformanceOptions,
  type ConformanceTest,
  jobSourceConformance,
} from './job-source-conformance.js';
export type { Answer, Route } from './route.js';
export { Script } from './script.js';
export type { ScriptedRequest } from './scripted-dispatcher.js';
export type { ScriptedSession } from './scripted-session.js';
