/** What features do together: strengths of pairs, one pair as a map, and how the score reacts to each over all ranges. */
import './chartTabs.css';
import { h } from '../common/dom';
import { t } from '../common/strings';
import { PairSection } from './interactions/pairSection';
import { SensitivitySection } from './interactions/sensitivitySection';
import { StrengthSection } from './interactions/strengthSection';
import type { TablePage, TableSession, TableTab } from './tab';

export function interactionsTab(page: TablePage): TableTab {
  const choosePair = (chosen: readonly [number, number], byReader: boolean): void => {
    strength.show(chosen);
    void pair.show(chosen);
    if (byReader) pair.element.scrollIntoView({ block: 'nearest' });
  };
  const strength = new StrengthSection(page, choosePair), pair = new PairSection(page, (chosen) => choosePair(chosen, false)), sensitivity = new SensitivitySection(page);
  const sections = [strength, pair, sensitivity], element = h('div', { class: 'interactions-tab scrolling-tab' }, ...sections.map((section) => section.element));
  let session: TableSession | undefined, begun = false;

  return {
    id: 'interactions', title: t('Interactions'), element,
    begin(next) {
      session = next;
      begun = false;
      for (const section of sections) section.begin(next);
    },
    shown() {
      if (begun || !session) return;
      begun = true;
      const mine = session;
      void strength.run().then(() => { if (session === mine) void sensitivity.run(); });
    },
    chosen() {
      pair.redraw();
      sensitivity.redraw();
    },
  };
}
