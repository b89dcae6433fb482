/** Which row: by number, one after the other in an order of choice, or at random; and what the table holds of it. */
import type { OpenTableResult, TableRowInfo, TableRowsParams } from '../../../protocol/table';
import { h, replace } from '../../common/dom';
import { formatNumber } from '../../common/format';
import { icon, type IconName } from '../../common/icons';
import { t } from '../../common/strings';
import { labelled, select } from '../controls';
import { RowList } from '../rowList';
import type { TableSession } from '../tab';

type Order = 'number' | 'error' | 'score';

export class RowHead {
  readonly element = h('div', { class: 'row-head' });
  private readonly number = h('input', { class: 'seed numeric', attributes: { type: 'number', min: 0, step: 1, 'aria-label': t('Number of the row, the first below the header being 0') } });
  private readonly place = h('span', { class: 'muted numeric' });
  private readonly cells = h('dl', { class: 'row-cells' });
  private readonly details = h('details', { class: 'row-cells-of' }, h('summary', {}, t('Cells of the row')), h('div', { class: 'row-cells-scroll' }, this.cells));
  private readonly rows = new RowList({ choose: (number) => this.choose(number, undefined), explain: (number) => this.choose(number, undefined) });
  private readonly list = h('details', { class: 'row-list-of' }, h('summary', {}, t('List of rows')), this.rows.element);
  private session: TableSession | undefined;
  private order: Order = 'number';
  /** Where the row stands in the chosen order, where that is known. */
  private offset: number | undefined;
  private total = 0;
  private shown = 0;
  /** Whose rows the list holds. */
  private listed: TableSession | undefined;

  /** @param failed told of errors of the search for the next row. */
  constructor(private readonly failed: (error: unknown) => void) {
    this.list.addEventListener('toggle', () => this.fillList());
    this.number.addEventListener('change', () => {
      const wanted = Number(this.number.value);
      if (this.number.value.trim() === '' || !Number.isInteger(wanted) || wanted < 0) this.number.value = String(this.shown);
      else this.choose(wanted, this.order === 'number' ? this.offsetOf(wanted) : undefined);
    });
  }

  begin(session: TableSession | undefined): void {
    this.session = session;
    this.listed = undefined;
    this.rows.begin(undefined);
    this.fillList();
    this.offset = undefined;
    if (!session) return replace(this.element);
    const { opened, reading } = session;
    this.total = opened.count;
    if (this.order === 'error' && reading.mapping.label === undefined) this.order = 'number';
    const button = (name: IconName, label: string, run: () => void, text?: string): HTMLElement => h('button', { class: 'icon-button', title: label, attributes: { type: 'button', 'aria-label': label }, on: { click: run } }, icon(name), text);
    const orders: readonly (readonly [Order, string])[] = [['number', t('as in the file')], ...(reading.mapping.label === undefined ? [] : [['error', t('most wrong first')] as const]), ['score', t('highest score first')]];
    replace(this.element, h('div', { class: 'row-chooser' }, labelled(t('Row'), this.number), this.place,
      button('up', t('Previous row'), () => void this.step(-1)), button('down', t('Next row'), () => void this.step(1)),
      labelled(t('Order'), select(orders, this.order, (order) => { this.order = order as Order; void this.go(0); })),
      button('swap', t('A row at random'), () => void this.go(Math.floor(Math.random() * this.total)), t('Random'))), this.list, this.details);
  }

  /** Rows are asked for only when somebody looks at them. */
  private fillList(): void {
    if (!this.list.open || !this.session || this.listed === this.session) return;
    this.listed = this.session;
    this.rows.begin(this.session);
  }

  /** Begins with the first row in the order. */
  first(): Promise<void> {
    return this.go(0);
  }

  show(row: TableRowInfo, { columns, total }: OpenTableResult): void {
    this.shown = row.number;
    if (this.listed) this.rows.chosen(row.number);
    this.number.value = String(row.number);
    this.number.max = String(total - 1);
    this.place.textContent = this.order === 'number' || this.offset === undefined ? t('of {0}', formatNumber(total)) : t('of {0}, place {1} in the order', formatNumber(total), formatNumber(this.offset + 1));
    replace(this.cells, ...columns.map(({ name, role }, at) => h('div', { class: role === 'label' ? 'row-cell label' : role === 'unused' ? 'row-cell unused' : 'row-cell' },
      h('dt', {}, name, role === 'label' && h('span', { class: 'row-tag' }, t('label')), role === 'unused' && h('span', { class: 'row-tag' }, t('not used'))), h('dd', {}, row.cells[at] === '' ? '–' : row.cells[at]))));
  }

  private choose(number: number, offset: number | undefined): void {
    this.offset = offset;
    this.session?.chooseRow(number);
  }

  /** In the file's order a number is a place, unless the file was sampled. */
  private offsetOf(number: number): number | undefined {
    const { opened } = this.session!;
    return opened.count === opened.total ? number : undefined;
  }

  private async step(by: 1 | -1): Promise<void> {
    const at = this.offset ?? (this.session && this.order === 'number' ? this.offsetOf(this.shown) : undefined);
    await this.go(at === undefined ? 0 : (at + by + this.total) % this.total);
  }

  private async go(offset: number): Promise<void> {
    const { session } = this;
    if (!session) return;
    const sort: TableRowsParams['sort'] = { by: this.order, descending: this.order !== 'number' };
    try {
      const { rows: [row], total } = await session.ask('tableRows', { sort, offset, limit: 1, target: session.target });
      this.total = total;
      if (row && this.session === session) this.choose(row.number, offset);
    } catch (error) {
      if (!session.signal.aborted) this.failed(error);
    }
  }
}
