// Draws with Observable Plot, without a browser.
import { importPeer } from '../contenders/peer.js';
import { style } from './style.js';

export const Plot = await importPeer('@observablehq/plot');
const { parseHTML } = await importPeer('linkedom');

/**
 * A chart as a file of SVG.
 *
 * @param {string} title for who can't see it
 * @param {Record<string, unknown>} options of Plot's
 * @returns {string}
 */
export function draw(title, options) {
  const { document } = parseHTML('<!doctype html><body></body>');
  const svg = Plot.plot({ document, className: 'plot', ...options });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  for (const own of svg.querySelectorAll('style')) own.remove();
  const sheet = document.createElement('style');
  sheet.textContent = style;
  svg.prepend(sheet);
  return `${svg.outerHTML}\n`;
}
