// biome-ignore-all lint/style/noDefaultExport: they are CommonJS, and have that and no other
// undici's types name what its index exports; these are the files that it exports it from.
declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici';
}
declare module 'undici/lib/core/errors.js' {
  export { errors as default } from 'undici';
}
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici';
}
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici';
}
declare module 'undici/lib/dispatcher/dispatcher.js' {
  export { Dispatcher as default } from 'undici';
}
declare module 'undici/lib/core/symbols.js' {
  const symbols: { readonly kHTTP2Session: unique symbol; readonly kSize: unique symbol };

  export { symbols as default };
}
