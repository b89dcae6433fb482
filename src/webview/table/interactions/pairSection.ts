/** Two features at once: partial dependence, and what accumulated local effects say beyond what each does alone. */
import type { ExplainTableResult, Surface } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { t } from '../../common/strings';
import { checkWords } from '../checkWords';
import { labelled, select } from '../controls';
import { Chart } from '../plot';
import { RunStatus } from '../runStatus';
import { scoreName } from '../session';
import type { TablePage, TableSession } from '../tab';
import { surfaceChart, type SurfaceView } from './surfaceChart';

type Method = 'pdp-2d' | 'ale-2d';
const methods: readonly Method[] = ['pdp-2d', 'ale-2d'];
/** Rows that are drawn as points: pages from all over the table. */
const pages = 5, pageRows = 100;
/** Rows effects are averaged over at most. */
const parameters = { 'pdp-2d': { centred: true, maxRows: 300, gridResolution: 20 }, 'ale-2d': { maxRows: 5000, bins: 10 } } as const;

export class PairSection {
  private readonly status: RunStatus;
  private readonly charts: Record<Method, Chart> = { 'pdp-2d': new Chart(), 'ale-2d': new Chart() };
  private readonly places: Record<Method, HTMLElement>;
  private readonly controls = h('div', { class: 'tab-controls' });
  private readonly words = h('div', {});
  readonly element: HTMLElement;
  private session: TableSession | undefined;
  private pair: readonly [number, number] | undefined;
  private readonly found = new Map<Method, { readonly surface: Surface; readonly record?: ExplainTableResult['record'] }>();
  private rows: Promise<readonly { readonly number: number; readonly values: readonly (number | null)[] }[]> | undefined;
  private points: SurfaceView['rows'] = [];

  /** @param chose told of the pair when the reader chooses one here. */
  constructor(private readonly page: TablePage, private readonly chose: (pair: readonly [number, number]) => void) {
    this.status = new RunStatus({ again: () => { if (this.pair) void this.show(this.pair); }, showLog: () => page.showLog() });
    const place = (method: Method, text: string): HTMLElement => h('div', { class: 'surface-place' }, this.charts[method].element, h('p', { class: 'sentence' }, text));
    this.places = {
      'pdp-2d': place('pdp-2d', t('The average score when every row gets both values, less the usual score. It shows all the two features do, also at values that do not occur together.')),
      'ale-2d': place('ale-2d', t('What the two features do together beyond what each does alone, from rows that are really there. 0 everywhere: they simply add up.')),
    };
    this.element = h('section', { class: 'tab-section', attributes: { 'aria-label': t('Two features') } }, h('h2', {}, t('Two features at once')), this.controls, this.status.element, this.words, h('div', { class: 'surface-pair' }, this.places['pdp-2d'], this.places['ale-2d']));
  }

  begin(session: TableSession | undefined): void {
    this.session = session;
    this.pair = this.rows = undefined;
    this.points = [];
    this.found.clear();
    this.status.drop();
    this.drawControls();
    this.draw();
  }

  /** Finds out what a pair does. */
  async show(pair: readonly [number, number]): Promise<void> {
    const mine = this.session;
    if (!mine) return;
    this.pair = pair;
    this.points = [];
    this.found.clear();
    this.drawControls();
    this.draw();
    const [a, b] = pair, names = [mine.features[a]!.name, mine.features[b]!.name], texts: Record<Method, string> = { 'pdp-2d': t('Partial dependence on both'), 'ale-2d': t('Accumulated local effects of both') };
    const current = (): boolean => this.session === mine && this.pair === pair;
    await this.status.run(texts['pdp-2d'], mine.signal, async (signal) => {
      for (const method of methods) {
        // Accumulated effects need an order, which categories do not have.
        if (method === 'ale-2d' && pair.some((feature) => mine.features[feature]!.kind === 'category')) continue;
        this.status.progress(texts[method], 0, 0);
        const { finding, record } = await mine.explain({ method, parameters: parameters[method], features: names }, signal, (value) => {
          if (value.type !== 'partial' || !current()) return;
          this.status.progress(texts[method], value.done, value.total);
          if (value.finding?.kind === 'surface') this.found.set(method, { surface: value.finding });
        });
        if (!current() || finding.kind !== 'surface') return;
        this.found.set(method, { surface: finding, record });
        this.draw();
      }
      const rows = await (this.rows ??= this.someRows(mine));
      if (current()) this.points = rows.map(({ number, values }) => ({ number, a: values[a] ?? NaN, b: values[b] ?? NaN }));
    });
    if (current()) this.draw();
  }

  /** A row was chosen, here or elsewhere. */
  redraw(): void {
    this.draw();
  }

  private async someRows(session: TableSession): Promise<readonly { readonly number: number; readonly values: readonly (number | null)[] }[]> {
    const { count } = session.opened, offsets = count <= pages * pageRows ? Array.from({ length: Math.ceil(count / pageRows) }, (_, i) => i * pageRows) : Array.from({ length: pages }, (_, i) => Math.floor((i * (count - pageRows)) / (pages - 1)));
    const answers = [];
    for (const offset of offsets) answers.push(await session.ask('tableRows', { offset, limit: pageRows }));
    return answers.flatMap(({ rows }) => rows);
  }

  private draw(): void {
    const { session, pair } = this;
    const unordered = pair && session?.features.find(({ kind }, feature) => kind === 'category' && pair.includes(feature));
    replace(this.words, ...(this.found.size ? checkWords([...this.found.values()].flatMap(({ record }) => record ?? [])) : []),
      unordered && h('p', { class: 'muted' }, t('Accumulated local effects need values with an order, which {0} does not have.', unordered.name)));
    for (const method of methods) {
      const found = this.found.get(method);
      this.places[method].hidden = !found;
      if (!found || !session || !pair) continue;
      const { selection: { row } } = session;
      const { options, about } = surfaceChart({
        surface: found.surface, title: method === 'pdp-2d' ? t('Partial dependence: change of the {0}', scoreName(session)) : t('Together, beyond each alone (ALE): change of the {0}', scoreName(session)), score: t('change of the {0}', scoreName(session)), features: session.features, rows: this.points, keep: this.page,
        ...(row !== undefined && { chosenRow: row }), chooseRow: (number) => session.chooseRow(number),
      });
      this.charts[method].show(options, about);
    }
  }

  private drawControls(): void {
    const { session, pair } = this;
    if (!session || session.features.length < 2) return replace(this.controls);
    const names = session.features.map(({ name }, i) => [String(i), name] as const), [a, b] = pair ?? [0, 1];
    const choose = (one: number, other: number): void => {
      if (one === other) return this.drawControls();
      this.chose([one, other]);
    };
    replace(this.controls, labelled(t('Features'), select(names, String(a), (value) => choose(Number(value), Number(value) === b ? a : b))), labelled(t('and'), select(names, String(b), (value) => choose(Number(value) === a ? b : a, Number(value)))));
  }
}
