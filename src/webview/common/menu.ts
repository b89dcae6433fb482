/** A small menu of commands: opened by a button or a right click, walked with the arrow keys, closed by Escape. */
import { h } from './dom';

export interface MenuCommand {
  readonly label: string;
  run(): void;
}
export type MenuItem = MenuCommand | 'separator';

let close: (() => void) | undefined;

/** Opens the menu under an element, or at a point of the page. Another open menu closes. */
export function openMenu(items: readonly MenuItem[], at: HTMLElement | { readonly x: number; readonly y: number }): void {
  close?.();
  const before = document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
  const commands = items.map((item) => item === 'separator'
    ? h('div', { class: 'menu-separator', attributes: { role: 'separator' } })
    : h('button', { class: 'menu-item', attributes: { type: 'button', role: 'menuitem', tabindex: -1 }, on: { click: () => { end(true); item.run(); } } }, item.label));
  const buttons = commands.filter((element) => element instanceof HTMLButtonElement);
  const menu = h('div', { class: 'menu', attributes: { role: 'menu' } }, ...commands);
  const outside = (event: Event): void => { if (!menu.contains(event.target as Node)) end(false); };
  const leave = (): void => end(false);
  const end = (refocus: boolean): void => {
    if (close !== finish) return;
    close = undefined;
    menu.remove();
    document.removeEventListener('pointerdown', outside, true);
    window.removeEventListener('blur', leave);
    window.removeEventListener('resize', leave);
    if (at instanceof HTMLElement) at.setAttribute('aria-expanded', 'false');
    if (refocus) before?.focus();
  };
  const finish = (): void => end(false);
  close = finish;
  menu.addEventListener('keydown', (event) => {
    const here = buttons.indexOf(document.activeElement as HTMLButtonElement), count = buttons.length;
    const to = event.key === 'ArrowDown' ? (here + 1) % count : event.key === 'ArrowUp' ? (here - 1 + count) % count
      : event.key === 'Home' ? 0 : event.key === 'End' ? count - 1 : undefined;
    if (to !== undefined) buttons[to]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') end(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  menu.addEventListener('pointerover', (event) => (event.target as Element).closest<HTMLElement>('.menu-item')?.focus());
  document.body.append(menu);
  place(menu, at);
  document.addEventListener('pointerdown', outside, true);
  window.addEventListener('blur', leave);
  window.addEventListener('resize', leave);
  if (at instanceof HTMLElement) at.setAttribute('aria-expanded', 'true');
  buttons[0]?.focus();
}

function place(menu: HTMLElement, at: HTMLElement | { readonly x: number; readonly y: number }): void {
  const { innerWidth, innerHeight } = window;
  const anchor = at instanceof HTMLElement ? at.getBoundingClientRect() : { left: at.x, top: at.y, bottom: at.y };
  const below = anchor.bottom + menu.offsetHeight <= innerHeight - 4;
  menu.style.left = `${Math.max(4, Math.min(anchor.left, innerWidth - menu.offsetWidth - 4))}px`;
  menu.style.top = `${below ? anchor.bottom : Math.max(4, anchor.top - menu.offsetHeight)}px`;
}
