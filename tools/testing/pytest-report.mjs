import { readFileSync } from 'node:fs';

/** @type {Record<string, string>} */
const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** @param {string} text */
const unescape = (text) =>
  text.replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code, name) =>
    code === undefined ? (entities[name] ?? whole) : String.fromCodePoint(Number(code)),
  );

/**
 * @param {string} tag
 * @param {string} attribute
 */
function attributeOf(tag, attribute) {
  const value = new RegExp(`\\s${attribute}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescape(value);
}

/**
 * Outcomes in a JUnit file that pytest wrote. It nests nothing, and escapes < and > wherever they are text.
 * @param {string} path
 * @param {string} project folder that the test's module is named below
 * @returns {import('./vitest-report.mjs').Outcome[]}
 */
export function readPytestReport(path, project) {
  const cases = readFileSync(path, 'utf8').matchAll(/<testcase(\s[^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  return [...cases].map(([, attributes = '', body = '']) => {
    const skipped = /<skipped\s[^>]*>/.exec(body)?.[0];
    const failed = /<(failure|error)\s/.test(body);
    return {
      name: `${project}: ${attributeOf(attributes, 'classname') ?? ''}.${attributeOf(attributes, 'name') ?? ''}`,
      state: failed ? 'failed' : skipped === undefined ? 'passed' : 'skipped',
      seconds: Number(attributeOf(attributes, 'time') ?? 0),
      ...(skipped === undefined
        ? {}
        : { reason: attributeOf(skipped, 'message') ?? 'skipped by its source' }),
    };
  });
}
