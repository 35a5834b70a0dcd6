import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Example,
  extractExamples,
  isExpected,
  readExamples,
  runExample,
  writeExample,
} from './helpers/doc-examples.js';

const TSC = 'node_modules/typescript/bin/tsc';

const docs = (await readdir('docs')).filter((name) => name.endsWith('.md')).sort();
const pages = ['README.md', ...docs.map((name) => `docs/${name}`)];
const examples = (await Promise.all(pages.map(readExamples))).flat();

/** Modules of the examples, inside the project so that they find the package by its name. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp('test/.examples-');
});

afterAll(() => rm(folder, { recursive: true }));

/** What the compiler says of the examples. */
async function compile(blocks: readonly Example[]): Promise<string> {
  const place = await mkdtemp(join(folder, 'types-'));
  await Promise.all(blocks.map((block) => writeExample(place, block)));
  const compilerOptions = { rootDir: '../../..' };
  const config = {
    extends: '../../../tsconfig.json',
    compilerOptions,
    include: ['*', '../../../src'],
  };
  await writeFile(join(place, 'tsconfig.json'), JSON.stringify(config));
  const run = promisify(execFile)(process.execPath, [TSC, '--pretty', 'false', '-p', place]);
  return run.then(
    () => '',
    ({ stdout }) => String(stdout).replaceAll(place, ''),
  );
}

describe('the examples of the documentation', () => {
  it('compile', async () => {
    expect(await compile(examples)).toBe('');
  });

  it.each(examples.map((example) => [`${example.page}:${example.line}`, example] as const))(
    '%s runs, and prints what the page says',
    async (_, example) => {
      const printed = await runExample(folder, example);
      if (!isExpected(example, printed)) expect(printed).toBe(example.output ?? '');
    },
  );
});

describe('the links of the documentation', () => {
  it.each(pages)('of %s within the project lead somewhere', async (page) => {
    const links = [
      ...(await readFile(page, 'utf8')).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g),
    ];
    for (const [link, path = '', heading = ''] of links) {
      const target = path === '' ? page : join(dirname(page), path);
      const text = await readFile(target, 'utf8');
      if (heading !== '') expect(anchorsOf(text), link).toContain(heading);
    }
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('what checks them', () => {
  const fence = '```';
  const block = (code: string, output = '', flag = '') =>
    extractExamples(
      'page.md',
      `Text\n\n${fence}ts\n${code}\n${fence}\n\n${fence}text${flag}\n${output}${fence}\n`,
    )[0] as Example;

  it('finds a block, its line and its output', () => {
    expect(block('run();', 'done\n')).toEqual({
      page: 'page.md',
      line: 4,
      language: 'ts',
      code: 'run();\n',
      output: 'done\n',
      isUnordered: false,
    });
  });

  it('sees that an example prints something else', async () => {
    const printed = await runExample(folder, block('console.log(1 + 1);', '3\n'));
    expect(printed).toBe('2\n');
    expect(isExpected(block('', '3\n'), printed)).toBe(false);
    expect(isExpected(block('', '2\n'), printed)).toBe(true);
  });

  it('takes lines in any order, and anything for an ellipsis, where the page says so', () => {
    expect(isExpected(block('', 'a\nb\n'), 'b\na\n')).toBe(false);
    expect(isExpected(block('', 'a\nb\n', ' any-order'), 'b\na\n')).toBe(true);
    expect(isExpected(block('', 'in … ms\n'), 'in 12 ms\n')).toBe(true);
  });

  it('sees that an example does not compile, and where', async () => {
    expect(await compile([block("import 'session-pool';\nexport const n: number = '';")])).toMatch(
      /page-md-4\.ts\(5,14\): error TS2322/,
    );
  });

  it('sees that an example throws', async () => {
    await expect(runExample(folder, block("throw new Error('broken');"))).rejects.toThrow('broken');
  });

  it('sees that an example leaves a handle', async () => {
    const leak = block('Object.assign(globalThis, { leak: setTimeout(() => {}, 5000) });');
    await expect(runExample(folder, leak)).rejects.toThrow('handles');
    clearTimeout(Reflect.get(globalThis, 'leak'));
    Reflect.deleteProperty(globalThis, 'leak');
  });

  it('gives the servers the names of the page', async () => {
    const code =
      "import { Session } from 'session-pool';\n" +
      "const response = await new Session().get('https://user:pass@httpbin.org/basic-auth/user/pass');\n" +
      'console.log(response.url, response.request.url.host, await response.json());';
    expect(await runExample(folder, block(code))).toBe(
      'https://httpbin.org/basic-auth/user/pass httpbin.org ' +
        "{ authenticated: true, user: 'user' }\n",
    );
  });

  /** What comes of a request that is to be refused. */
  const refusal = (request: string) =>
    runExample(
      folder,
      block(
        "import { digestAuth, Session } from 'session-pool';\n" +
          `const end = await new Session().get(${request}).catch((error) => error);\n` +
          'console.log(end.statusCode ?? end.name);',
      ),
    );

  it('has servers that let in nobody without the right credentials', async () => {
    const digest = "'https://httpbin.org/digest-auth/auth/ada/secret'";
    expect(await refusal(`${digest}, { auth: digestAuth('ada', 'wrong') }`)).toBe('401\n');
    expect(await refusal("'https://httpbin.org/bearer'")).toBe('401\n');
    const proxies = '{ proxies: "http://ada:wrong@proxy.example.com:8080" }';
    expect(await refusal(`'http://httpbin.org/get', ${proxies}`)).toBe('407\n');
  });

  it('has a server that talks to nobody without a certificate', async () => {
    const request = "'https://intranet.example.com/', { verify: 'certs/ca.pem' }";
    expect(await refusal(request)).toBe('ConnectionError\n');
  });

  it('unsets what an example sets in the environment', async () => {
    const before = process.env.NETRC;
    await runExample(folder, block("process.env.NETRC = '/somewhere';"));
    expect(process.env.NETRC).toBe(before);
  });
});
