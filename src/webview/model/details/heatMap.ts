/** A slice of a tensor in colours, one cell a value, with a cursor for pointer and keyboard. */
import type { TensorDetails } from '../../../protocol/details';
import { h } from '../../common/dom';
import { formatValue } from '../../common/format';
import { t } from '../../common/strings';
import { themeColor } from '../../common/theme';
import { cellAfterKey, cellWithin } from './cellCursor';
import { colourScale, gradient, type ColourScale } from './colours';

type Slice = TensorDetails['slice'];

const largestCell = 26, tallest = 520;

export interface HeatMapEvents {
  /** The cell under the pointer or the keyboard's cursor, within the window. */
  onCursor(row: number, column: number): void;
}

export class HeatMap {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { attributes: { tabindex: 0, role: 'application', 'aria-roledescription': t('heat map') } });
  private readonly legend = h('div', { class: 'scale-bar', attributes: { 'aria-hidden': true } });
  private readonly low = h('span');
  private readonly middle = h('span', { class: 'axis-zero' });
  private readonly high = h('span');
  private slice: Slice | undefined;
  private scale: ColourScale | undefined;
  private picture: HTMLCanvasElement | undefined;
  private cell = 1;
  private cursor = { row: 0, column: 0, shown: false };

  constructor(private readonly events: HeatMapEvents) {
    this.element = h('div', { class: 'heat-map' },
      h('div', { class: 'heat-place' }, this.canvas),
      h('div', { class: 'scale' }, this.legend, h('div', { class: 'scale-numbers numeric' }, this.low, this.middle, this.high)));
    this.canvas.addEventListener('pointermove', (event) => this.point(event));
    this.canvas.addEventListener('pointerdown', (event) => this.point(event));
    this.canvas.addEventListener('keydown', (event) => { if (this.key(event)) event.preventDefault(); });
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** @param minimum of the numbers that colours stand for. */
  show(slice: Slice, minimum: number, maximum: number): void {
    this.slice = slice;
    this.scale = colourScale(minimum, maximum);
    this.legend.style.background = gradient(this.scale.diverging);
    this.low.textContent = formatValue(this.scale.minimum);
    this.high.textContent = formatValue(this.scale.maximum);
    this.middle.textContent = this.scale.diverging ? '0' : '';
    this.picture = paint(slice, this.scale);
    this.canvas.setAttribute('aria-label', t('{0} rows and {1} columns; the arrow keys move over the values', slice.rows, slice.columns));
    this.draw();
  }

  /** Marks a cell chosen elsewhere. */
  mark(row: number, column: number): void {
    this.cursor = { row, column, shown: true };
    this.draw();
  }

  private draw(): void {
    const { slice, picture, canvas } = this;
    if (!slice || !picture || slice.rows === 0 || slice.columns === 0) return;
    const room = this.element.clientWidth;
    if (room === 0) return;
    this.cell = Math.max(1, Math.min(largestCell, Math.floor(Math.min(room / slice.columns, tallest / slice.rows))));
    const width = slice.columns * this.cell, height = slice.rows * this.cell, ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext('2d')!;
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = false;
    context.drawImage(picture, 0, 0, width, height);
    if (!this.cursor.shown) return;
    const x = this.cursor.column * this.cell, y = this.cursor.row * this.cell, side = Math.max(this.cell, 5);
    context.lineWidth = 3;
    context.strokeStyle = themeColor('--vscode-editor-background', '#000000');
    context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
    context.lineWidth = 1.5;
    context.strokeStyle = themeColor('--vscode-focusBorder', '#0078d4');
    context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
  }

  private point(event: PointerEvent): void {
    if (!this.slice) return;
    const box = this.canvas.getBoundingClientRect();
    this.moveTo(Math.floor((event.clientY - box.top) / this.cell), Math.floor((event.clientX - box.left) / this.cell));
  }

  private key(event: KeyboardEvent): boolean {
    const to = this.slice && cellAfterKey(event, this.cursor, this.slice);
    if (to) this.moveTo(to.row, to.column);
    return to !== undefined;
  }

  private moveTo(row: number, column: number): void {
    const to = cellWithin({ row, column }, this.slice!);
    this.mark(to.row, to.column);
    this.events.onCursor(to.row, to.column);
  }
}

/** One pixel a value. */
function paint({ rows, columns, values }: Slice, scale: ColourScale): HTMLCanvasElement {
  const picture = document.createElement('canvas');
  picture.width = Math.max(1, columns);
  picture.height = Math.max(1, rows);
  const context = picture.getContext('2d')!;
  const image = context.createImageData(picture.width, picture.height);
  for (let i = 0; i < rows * columns; i++) scale.paint(image.data, 4 * i, values[i]!);
  context.putImageData(image, 0, 0);
  return picture;
}
