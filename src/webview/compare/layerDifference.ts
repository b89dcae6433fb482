/** One row of the comparison in full: what it is on either side, what changed, and its weights. */
import type { ComparedLayer } from '../../protocol/compare';
import { h, replace } from '../common/dom';
import { formatCount, formatDims, formatValue } from '../common/format';
import { t } from '../common/strings';
import { sign } from './compareTable';
import { errorLength, errorText, kindName, type Row } from './rows';

type Layer = NonNullable<ComparedLayer['a']>;

export class LayerDifference {
  readonly element = h('section', { class: 'difference', attributes: { 'aria-label': t('Differences of the selected layer'), 'aria-live': 'polite' } });

  /** @param weighed whether weights were read. */
  show(row: Row | undefined, weighed: boolean): void {
    if (!row) {
      replace(this.element, h('p', { class: 'muted hint' }, t('Select a layer in the table or in the graph.')));
      return;
    }
    const { layer } = row, { a, b } = layer;
    replace(this.element,
      h('h2', {}, sign(layer.kind), h('span', {}, kindName(layer.kind)), h('span', { class: 'difference-name' }, row.name)),
      h('ul', { class: 'words-list' }, ...layer.changes.map((change) => h('li', {}, change)), layer.changes.length === 0 && h('li', { class: 'muted' }, this.nothing(row, weighed))),
      h('table', { class: 'fact-table' },
        h('thead', {}, h('tr', {}, h('td'), h('th', { attributes: { scope: 'col' } }, t('First model')), h('th', { attributes: { scope: 'col' } }, t('Second model')))),
        h('tbody', {},
          this.fact(t('Name'), a, b, ({ name }) => name), this.fact(t('Type'), a, b, ({ type }) => type),
          this.fact(t('Input'), a, b, ({ inputDims }) => inputDims.map((dims) => formatDims(dims)).join('\n')), this.fact(t('Output'), a, b, ({ outputDims }) => outputDims.map((dims) => formatDims(dims)).join('\n')),
          this.fact(t('Parameters'), a, b, ({ parameters }) => formatCount(parameters)), this.fact(t('MACs'), a, b, ({ macs }) => macs === null ? '–' : formatCount(macs)))),
      layer.weights.length > 0 && h('table', { class: 'fact-table weight-table' },
        h('thead', {}, h('tr', {}, ...[t('Weights'), t('Relative error'), t('Largest difference')].map((title) => h('th', { attributes: { scope: 'col' } }, title)))),
        h('tbody', {}, ...layer.weights.map(({ role, relativeError, maximum }) => {
          const line = h('span', { class: 'share' });
          line.style.width = `${100 * errorLength(relativeError)}%`;
          return h('tr', {}, h('th', { attributes: { scope: 'row' } }, role), h('td', { class: 'numeric' }, h('div', { class: 'error-cell' }, relativeError === null ? t('not comparable') : errorText(relativeError), line)), h('td', { class: 'numeric' }, maximum === null ? '–' : formatValue(maximum)));
        }))));
  }

  private nothing({ layer }: Row, weighed: boolean): string {
    if (layer.kind === 'added') return t('Only in the second model.');
    if (layer.kind === 'removed') return t('Only in the first model.');
    return weighed || (layer.a?.parameters ?? 0) === 0 ? t('No difference.') : t('No difference in structure; weights are not compared yet.');
  }

  private fact(label: string, a: Layer | undefined, b: Layer | undefined, of: (layer: Layer) => string): HTMLElement {
    const left = a ? of(a) : '–', right = b ? of(b) : '–';
    return h('tr', { class: left === right ? '' : 'differs' }, h('th', { attributes: { scope: 'row' } }, label), h('td', {}, left), h('td', {}, right));
  }
}
