// Draws with Observable Plot, without a browser.
import { importPeer } from '../contenders/peer.js';
import { style } from './style.js';

export const Plot = await importPeer('@observablehq/plot');
const { parseHTML } = await importPeer('linkedom');

const TOP = 70;

/**
 * A chart as a file of SVG, with its title, and below it what is told and how.
 *
 * @param {{ title: string, subtitle: string }} heading
 * @param {Record<string, any>} options of Plot's
 * @returns {string}
 */
export function draw({ title, subtitle }, { marks, marginLeft, height, ...options }) {
  const { document } = parseHTML('<!doctype html><body></body>');
  const svg = Plot.plot({
    document,
    className: 'plot',
    width: 760,
    height: height + TOP,
    marginTop: TOP,
    marginLeft,
    ...options,
    marks,
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${title}: ${subtitle}`);
  for (const own of svg.querySelectorAll('style')) own.remove();
  const sheet = document.createElement('style');
  sheet.textContent = style;
  svg.prepend(sheet);
  svg.append(line(document, 'title', title, 20), line(document, 'quiet', subtitle, 42));
  return `${svg.outerHTML}\n`;
}

/** @param {any} document @param {string} className @param {string} text @param {number} y */
function line(document, className, text, y) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', 'text');
  element.setAttribute('class', className);
  element.setAttribute('text-anchor', 'start');
  element.setAttribute('x', '8');
  element.setAttribute('y', String(y));
  element.textContent = text;
  return element;
}
