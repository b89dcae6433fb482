/** The importance of features as a chart of its own: what the table of features shows, for files. */
import * as Plot from '@observablehq/plot';
import type { Feature, Importance } from '../../protocol/table';
import { h } from '../common/dom';
import { t } from '../common/strings';
import { Chart } from './plot';
import { ink } from './plotColors';

const width = 760, rowHeight = 22;

/** @returns the SVG file, with the colours of now. */
export async function importanceSvg({ unit, features: found }: Importance, features: readonly Feature[]): Promise<string> {
  const bars = found.filter(({ mean }) => Number.isFinite(mean)).map(({ feature, mean, spread }) => ({ name: features[feature]!.name, mean, low: mean - (spread || 0), high: mean + (spread || 0) })).sort((a, b) => b.mean - a.mean);
  const chart = new Chart(), place = h('div', { class: 'sr-only', attributes: { 'aria-hidden': true } }, chart.element);
  // Drawn aside: what a file shows is as wide as it is legible, however wide the page is.
  place.style.width = `${width}px`;
  document.body.append(place);
  try {
    chart.show({
      height: 60 + rowHeight * bars.length, marginLeft: 190, marginRight: 20, x: { label: t('Importance ({0})', unit), grid: true }, y: { label: null, domain: bars.map(({ name }) => name) },
      marks: [Plot.barX(bars, { x: 'mean', y: 'name', fill: ink.main, insetTop: 3, insetBottom: 3 }), Plot.ruleY(bars, { x1: 'low', x2: 'high', y: 'name', stroke: ink.text }), Plot.ruleX([0], { stroke: ink.muted })],
    }, { title: t('Features by importance'), table: { head: [], rows: [] } });
    for (let tries = 0; tries < 30 && !place.querySelector('svg.plot'); tries++) await new Promise((resolve) => { requestAnimationFrame(resolve); });
    return chart.svgText();
  } finally {
    place.remove();
  }
}
