/** Figures of the whole table as tiles: value, standard error, and what always saying the same would get. */
import type { TableQuality } from '../../../protocol/tableQuality';
import { h } from '../../common/dom';
import { formatPercent, formatValue } from '../../common/format';
import { icon } from '../../common/icons';
import { t } from '../../common/strings';
import type { ChartTable } from '../plotTable';

type Metric = TableQuality['metrics'][number];

/** Figures that are shares of rows. */
const shares = new Set(['accuracy', 'balancedAccuracy', 'ece']);

export function figureTiles({ metrics, outputs }: TableQuality): HTMLElement[] {
  const several = [...new Set(metrics.map(({ output }) => output))];
  return several.map((output) => h('div', { class: 'figure-group' }, output !== undefined && h('h3', {}, outputs[output]),
    h('dl', { class: 'figure-tiles' }, ...metrics.filter((metric) => metric.output === output).map(tile))));
}

function tile(metric: Metric): HTMLElement {
  const { id, value, standardError, reference, better } = metric, texts = wordsOf(id), number = (figure: number): string => (shares.has(id) ? formatPercent(figure) : formatValue(figure).replace(/^-/, '−'));
  // A bias far below its own error is rounding.
  const shown = standardError !== undefined && Math.abs(value) < 1e-3 * standardError ? 0 : value;
  const worse = reference !== undefined && (better === 'higher' ? value <= reference : value >= reference);
  return h('div', { class: `figure-tile${worse ? ' no-better' : ''}`, attributes: { 'data-figure': id }, title: texts.about },
    h('dt', {}, texts.title),
    h('dd', {}, h('span', { class: 'figure-value' }, number(shown)), standardError !== undefined && h('span', { class: 'muted numeric' }, ` ± ${shares.has(id) ? `${(100 * standardError).toFixed(1)}` : formatValue(standardError)}`)),
    h('dd', { class: 'muted figure-reference' }, worse && icon('warning'), reference === undefined ? betterWords(better) : t('always the same: {0}', number(reference))));
}

function betterWords(better: Metric['better']): string {
  return better === 'higher' ? t('higher is better') : better === 'lower' ? t('lower is better') : t('0 is best');
}

function wordsOf(id: string): { readonly title: string; readonly about: string } {
  switch (id) {
    case 'accuracy': return { title: t('Accuracy'), about: t('Share of rows whose class is the one that is said.') };
    case 'balancedAccuracy': return { title: t('Balanced accuracy'), about: t('Mean over classes of the share of their rows that is right: rare classes count as much as frequent ones.') };
    case 'f1': return { title: t('F1, mean of classes'), about: t('Mean over classes of 2 · precision · recall / (precision + recall).') };
    case 'auc': return { title: t('ROC AUC'), about: t('How often a row of a class gets a higher probability of it than a row of another class; the mean of all classes.') };
    case 'logLoss': return { title: t('Log loss'), about: t('Mean of −ln of the probability of the true class.') };
    case 'brier': return { title: t('Brier score'), about: t('Mean squared error of the probabilities.') };
    case 'ece': return { title: t('Calibration error'), about: t('Mean gap between how sure the model is and how often it is right (ECE, 15 bins).') };
    case 'r2': return { title: 'R²', about: t('Share of the label’s variance that the model explains.') };
    case 'mae': return { title: t('Mean absolute error'), about: t('Mean of |said − true|.') };
    case 'rmse': return { title: t('Root mean squared error'), about: t('Root of the mean of (said − true)².') };
    case 'medianError': return { title: t('Median absolute error'), about: t('Half of the rows have a smaller error.') };
    case 'bias': return { title: t('Bias'), about: t('Mean of said − true: above 0 the model says too much.') };
    default: return { title: id, about: '' };
  }
}

export function figuresTable({ metrics, outputs, rows }: TableQuality): ChartTable {
  return {
    head: ['figure', 'output', 'value', 'standard error', 'always the same', 'rows'],
    rows: metrics.map(({ id, output, value, standardError, reference }) => [id, output === undefined ? '' : outputs[output] ?? '', value, standardError ?? NaN, reference ?? NaN, rows]),
  };
}
