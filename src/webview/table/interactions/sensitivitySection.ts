/** Sensitivity over the ranges of all features at once: Morris' steps, and Sobol's shares of the variance. */
import type { ExplainTableResult, Sensitivities } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { t } from '../../common/strings';
import { checkWords } from '../checkWords';
import { Chart } from '../plot';
import { RunStatus } from '../runStatus';
import { scoreName } from '../session';
import type { TablePage, TableSession } from '../tab';
import { morrisChart, sobolChart } from './sensitivityCharts';

const methods = ['morris', 'sobol'] as const;
type Method = (typeof methods)[number];

export class SensitivitySection {
  private readonly status: RunStatus;
  private readonly charts: Record<Method, Chart> = { morris: new Chart(), sobol: new Chart() };
  private readonly words = h('div', {});
  readonly element: HTMLElement;
  private session: TableSession | undefined;
  private readonly found = new Map<Method, { readonly finding: Sensitivities; readonly record?: ExplainTableResult['record'] }>();

  constructor(private readonly page: TablePage) {
    this.status = new RunStatus({ again: () => void this.run(), showLog: () => page.showLog() });
    this.element = h('section', { class: 'tab-section', attributes: { 'aria-label': t('Sensitivity') } }, h('h2', {}, t('Sensitivity over the ranges of all features')), this.status.element, this.words, h('div', { class: 'surface-pair' }, this.charts.morris.element, this.charts.sobol.element));
  }

  begin(session: TableSession | undefined): void {
    this.session = session;
    this.found.clear();
    this.status.drop();
    this.draw();
  }

  async run(): Promise<void> {
    const mine = this.session;
    if (!mine) return;
    this.found.clear();
    this.draw();
    const texts: Record<Method, string> = { morris: t('Steps along each feature (Morris)'), sobol: t('Shares of the variance (Sobol)') }, reasons = methods.map((method) => mine.without(method)), applying = methods.filter((_, i) => reasons[i] === undefined);
    if (applying.length === 0) return replace(this.words, h('p', { class: 'muted' }, reasons[0] ?? ''));
    await this.status.run(texts[applying[0]!], mine.signal, async (signal) => {
      for (const method of applying) {
        this.status.progress(texts[method], 0, 0);
        const { finding, record } = await mine.explain({ method }, signal, (value) => {
          if (value.type !== 'partial' || this.session !== mine) return;
          this.status.progress(texts[method], value.done, value.total);
          if (value.finding?.kind !== 'sensitivities') return;
          this.found.set(method, { finding: value.finding });
          this.draw();
        });
        if (this.session !== mine || finding.kind !== 'sensitivities') return;
        this.found.set(method, { finding, record });
        this.draw();
      }
    });
  }

  /** A feature was chosen, here or elsewhere. */
  redraw(): void {
    this.draw();
  }

  private draw(): void {
    const { session } = this;
    replace(this.words, ...(this.found.size ? checkWords([...this.found.values()].flatMap(({ record }) => record ?? [])) : []));
    for (const method of methods) {
      const found = this.found.get(method);
      this.charts[method].element.hidden = !found;
      if (!found || !session) continue;
      const { feature } = session.selection, view = { finding: found.finding, features: session.features, score: scoreName(session), keep: this.page, ...(feature !== undefined && { chosenFeature: feature }), chooseFeature: (chosen: number) => session.chooseFeature(chosen) };
      const { options, about } = method === 'morris' ? morrisChart(view) : sobolChart(view);
      this.charts[method].show(options, about);
    }
  }
}
