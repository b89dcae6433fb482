/** Advice beside a map that says little, with buttons that follow it. */
import type { ExplainResult } from '../../protocol/engine';
import { h, replace } from '../common/dom';
import { icon } from '../common/icons';
import { adviceOn } from './advice';
import type { Part, Workbench } from './workbench';

export class AdviceBlock implements Part {
  readonly element = h('section', { class: 'block advice', attributes: { hidden: true, role: 'status' } });

  constructor(private readonly workbench: Workbench) {}

  onStarted(): void {
    this.element.hidden = true;
  }

  onFinished(result: ExplainResult): void {
    const { state, methods, prepared } = this.workbench;
    if (!state) return;
    const layers = (prepared?.layers ?? []).flatMap((layer) => ('height' in layer ? [layer.value] : []));
    const advice = adviceOn({ result, wishes: state, methods, layers });
    this.element.hidden = advice.length === 0;
    replace(this.element, ...advice.map(({ id, words, actions }) => h('div', { class: 'advice-item', attributes: { 'data-advice': id } }, icon('bulb'),
      h('div', {}, h('p', {}, words), h('div', { class: 'advice-actions' }, ...actions.map(({ label, change }) =>
        h('button', { class: 'link', attributes: { type: 'button' }, on: { click: () => this.workbench.explain(change) } }, label)))))));
  }
}
