/** One link of a Link header: its URL and its parameters. */
export interface Link extends Readonly<Record<string, string>> {
  readonly url: string;
}

/** The links of a Link header (RFC 8288) by their `rel`, or by URL where they have none. */
export function parseLinks(header: string | null): Record<string, Link> {
  const links: Record<string, Link> = Object.create(null);
  for (const [, url = '', parameters = ''] of (header ?? '').matchAll(
    /<([^<>]*)>((?:[^,"]|"(?:[^"\\]|\\.)*")*)/g,
  )) {
    const link = { url: url.trim(), ...parametersOf(parameters) };
    links['rel' in link ? String(link.rel) : link.url] = link;
  }
  return links;
}

function parametersOf(text: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [, name = '', quoted, plain = ''] of text.matchAll(
    /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g,
  ))
    parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain.replace(/^'|'$/g, '');
  return parameters;
}
