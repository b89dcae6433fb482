/** A decision tree that answers as the model does, taught when somebody looks. */
import { h } from '../common/dom';
import { t } from '../common/strings';
import { DistilledTree } from './distilledTree';
import { RunStatus } from './runStatus';
import type { TablePage, TableSession, TableTab } from './tab';

export function treeTab(page: TablePage): TableTab {
  const tree = new DistilledTree(), status = new RunStatus({ again: () => start(), showLog: () => page.showLog() });
  const element = h('div', { class: 'tree-tab' }, status.element, tree.element);
  let session: TableSession | undefined, begun = false;

  function start(): void {
    const mine = session;
    if (!mine) return;
    begun = true;
    const without = mine.without('distil');
    if (without !== undefined) return tree.clear(without);
    tree.clear(t('Teaching a tree what the model answers'));
    void status.run(t('Teaching a tree what the model answers'), mine.signal, async (signal) => {
      const { finding } = await mine.explain({ method: 'distil' }, signal, (value) => { if (value.type === 'partial') status.progress(t('Teaching a tree what the model answers'), value.done, value.total); });
      if (finding.kind === 'surrogate' && session === mine) tree.show(finding, mine.reading);
    }).then((ended) => { if (!ended && session === mine && !status.running) tree.clear(t('The run was stopped before the tree.')); });
  }

  return {
    id: 'tree', title: t('Distilled tree'), element,
    begin(next) {
      session = next;
      begun = false;
      status.drop();
      tree.clear(next ? '' : t('Reading the table…'));
    },
    shown: () => { if (!begun) start(); },
  };
}
