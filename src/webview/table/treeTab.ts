/** Simple models that answer as the model does: a decision tree and a short sum, taught when somebody looks. */
import './tree.css';
import type { ExplainTableResult } from '../../protocol/table';
import { h } from '../common/dom';
import { t } from '../common/strings';
import { DistilledTree } from './distilledTree';
import { LinearSum } from './linearSum';
import { RunStatus } from './runStatus';
import type { TablePage, TableSession, TableTab } from './tab';

/** Questions one after the other: deeper trees are no simple models any more. */
const deepest = 8, mostFeatures = 15;

export function treeTab(page: TablePage): TableTab {
  const tree = new DistilledTree(page), sum = new LinearSum(page), status = new RunStatus({ again: () => start(), showLog: () => page.showLog() });
  const element = h('div', { class: 'tree-tab' }, status.element, h('div', { class: 'scrolling-tab surrogates' }, tree.element, sum.element));
  let session: TableSession | undefined, begun = false;

  function start(): void {
    const mine = session;
    if (!mine) return;
    begun = true;
    const without = mine.without('distil'), words = t('Teaching a tree what the model answers');
    sum.clear('');
    if (without !== undefined) return tree.clear(without);
    tree.clear(words);
    const teach = async (parameters: Record<string, string | number>, said: string, signal: AbortSignal): Promise<ExplainTableResult> => {
      status.progress(said, 0, 0);
      return mine.explain({ method: 'distil', parameters }, signal, (value) => { if (value.type === 'partial') status.progress(said, value.done, value.total); });
    };
    let drawn = false;
    void status.run(words, mine.signal, async (signal) => {
      const { finding, record } = await teach({ maxDepth: deepest }, words, signal);
      if (finding.kind === 'surrogate' && session === mine) tree.show(finding, mine, { train: Number(record.chosen.rows), heldOut: Number(record.chosen.heldOutRows) });
      drawn = true;
      const linear = await teach({ surrogate: 'linear', maxFeatures: mostFeatures }, t('Looking for a sum of few features'), signal);
      if (linear.finding.kind === 'surrogate' && session === mine) sum.show(linear.finding, mine);
    }).then((ended) => { if (!ended && !drawn && session === mine && !status.running) tree.clear(t('The run was stopped before the tree.')); });
  }

  return {
    id: 'tree', title: t('Distilled tree'), element,
    begin(next) {
      session = next;
      begun = false;
      status.drop();
      sum.clear('');
      tree.clear(next ? '' : t('Reading the table…'));
    },
    shown: () => { if (!begun) start(); },
    exports: () => [...tree.exports(), ...(sum.exports().length > 0 ? ['separator' as const, ...sum.exports()] : [])],
  };
}
