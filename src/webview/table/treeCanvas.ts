/** Where a drawn tree is looked at: scrolled, dragged, zoomed, walked through by arrow keys. */
import { h, replace } from '../common/dom';
import { icon, type IconName } from '../common/icons';
import { t } from '../common/strings';

const smallest = 0.15, largest = 3, step = 1.25;
/** As small as a tree is made by itself: below, its words could not be read. */
const readable = 0.62;

export class TreeCanvas {
  private readonly scroller = h('div', { class: 'tree-scroller' });
  readonly zoomButtons = h('div', { class: 'tree-zoom', attributes: { role: 'group', 'aria-label': t('Zoom') } },
    this.button('minus', t('Smaller'), () => this.zoomBy(1 / step)), this.button('plus', t('Larger'), () => this.zoomBy(step)), this.button('fit', t('The whole tree'), () => this.fit(smallest)));
  readonly element = this.scroller;
  private drawing: SVGSVGElement | undefined;
  private zoom = 1;
  private selected = '';
  private begun = false;
  /** The reader zoomed or dragged it: it is not fitted by itself any more. */
  private held = false;

  /** @param select told of the node that is chosen, by its path from the root. */
  constructor(private readonly select: (path: string) => void) {
    this.scroller.addEventListener('click', (event) => {
      const node = (event.target as Element).closest('[data-path]');
      if (node) this.choose(node.getAttribute('data-path')!);
    });
    this.scroller.addEventListener('keydown', (event) => this.key(event));
    this.scroller.addEventListener('focusin', (event) => {
      const path = (event.target as Element).getAttribute('data-path');
      if (path !== null && path !== this.selected) this.mark(path);
    });
    this.scroller.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoomBy(1.0015 ** -event.deltaY, event);
    }, { passive: false });
    this.scroller.addEventListener('pointerdown', (event) => this.drag(event));
    // A tree that was drawn while nobody looked is fitted when somebody does.
    new ResizeObserver(() => { if ((!this.begun || !this.held) && this.scroller.clientWidth > 0) this.fit(readable); }).observe(this.scroller);
  }

  /** Shows another drawing; the node that was selected stays so, or the one above it that there still is. */
  show(drawing: SVGSVGElement): void {
    this.drawing = drawing;
    replace(this.scroller, drawing);
    let path = this.selected;
    while (path !== '' && !this.node(path)) path = path.slice(0, -1);
    this.mark(path);
    this.begun = this.held = false;
    if (this.scroller.clientWidth > 0) this.fit(readable);
  }

  clear(): void {
    this.drawing = undefined;
    this.selected = '';
    replace(this.scroller);
  }

  choose(path: string): void {
    this.mark(path);
    this.node(path)?.focus();
  }

  private mark(path: string): void {
    this.selected = path;
    for (const node of this.drawing?.querySelectorAll('.tree-node') ?? []) {
      const own = node.getAttribute('data-path')!;
      node.setAttribute('aria-selected', String(own === path));
      node.setAttribute('tabindex', own === path ? '0' : '-1');
      node.classList.toggle('on-path', path.startsWith(own));
    }
    for (const way of this.drawing?.querySelectorAll('.way') ?? []) way.classList.toggle('on-path', path.startsWith(way.getAttribute('data-way')!));
    this.select(path);
  }

  /** Down to what is asked next, up to the question before, to either side on the same level. */
  private key(event: KeyboardEvent): void {
    const path = (event.target as Element).getAttribute?.('data-path');
    if (path === null || path === undefined || !this.drawing) return;
    const level = [...this.drawing.querySelectorAll('.tree-node')].map((node) => node.getAttribute('data-path')!).filter((each) => each.length === path.length).sort(), at = level.indexOf(path);
    const to = { ArrowDown: `${path}l`, ArrowUp: path === '' ? undefined : path.slice(0, -1), ArrowLeft: level[at - 1], ArrowRight: level[at + 1], Home: '' }[event.key];
    if (event.key === '+' || event.key === '-') this.zoomBy(event.key === '+' ? step : 1 / step);
    else if (to !== undefined && this.node(to)) {
      this.choose(to);
      this.node(to)!.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    } else if (to === undefined && !event.key.startsWith('Arrow')) return;
    event.preventDefault();
  }

  private node(path: string): SVGElement | null {
    return this.drawing?.querySelector<SVGElement>(`.tree-node[data-path="${path}"]`) ?? null;
  }

  private fit(least: number): void {
    if (!this.drawing) return;
    this.begun = true;
    const { width, height } = this.drawing.viewBox.baseVal, room = this.scroller.clientWidth - 4;
    this.zoomTo(Math.min(1, Math.max(least, Math.min(room / width, least < readable ? 560 / height : 1))));
    // The root is what is read first.
    const root = this.node('')?.getBoundingClientRect(), here = this.scroller.getBoundingClientRect();
    if (root) this.scroller.scrollLeft += root.left + root.width / 2 - here.left - here.width / 2;
  }

  private zoomBy(factor: number, at?: { readonly clientX: number; readonly clientY: number }): void {
    this.held = true;
    this.zoomTo(this.zoom * factor, at);
  }

  private zoomTo(zoom: number, at?: { readonly clientX: number; readonly clientY: number }): void {
    if (!this.drawing) return;
    const next = Math.min(largest, Math.max(smallest, zoom)), { width, height } = this.drawing.viewBox.baseVal, box = this.scroller.getBoundingClientRect();
    const x = at ? at.clientX - box.left : box.width / 2, y = at ? at.clientY - box.top : box.height / 2;
    const left = ((this.scroller.scrollLeft + x) * next) / this.zoom - x, top = ((this.scroller.scrollTop + y) * next) / this.zoom - y;
    this.zoom = next;
    this.drawing.setAttribute('width', String(Math.round(width * next)));
    this.drawing.setAttribute('height', String(Math.round(height * next)));
    this.scroller.scrollLeft = left;
    this.scroller.scrollTop = top;
  }

  private drag(event: PointerEvent): void {
    if (event.button !== 0 || (event.target as Element).closest('.tree-node')) return;
    const { scrollLeft, scrollTop } = this.scroller, { clientX, clientY } = event, ending = new AbortController(), { signal } = ending;
    this.held = true;
    this.scroller.classList.add('dragged');
    window.addEventListener('pointermove', (move) => { this.scroller.scrollLeft = scrollLeft + clientX - move.clientX; this.scroller.scrollTop = scrollTop + clientY - move.clientY; }, { signal });
    for (const end of ['pointerup', 'pointercancel']) window.addEventListener(end, () => { this.scroller.classList.remove('dragged'); ending.abort(); }, { signal });
  }

  private button(name: IconName, label: string, run: () => void): HTMLElement {
    return h('button', { class: 'icon-button', title: label, attributes: { type: 'button', 'aria-label': label }, on: { click: run } }, icon(name));
  }
}
