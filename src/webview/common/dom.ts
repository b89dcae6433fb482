/** Elements in one line each. Text goes in as text nodes only: names in model files are no markup. */

type Content = Node | string | number | null | undefined | false;

export interface Properties {
  readonly class?: string;
  readonly title?: string;
  /** Attributes; undefined and false leave one out, true sets it empty. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly on?: { readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
}

/** A new element with its properties and children. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Properties = {}, ...children: readonly Content[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (properties.class) element.className = properties.class;
  if (properties.title) element.title = properties.title;
  for (const [name, value] of Object.entries(properties.attributes ?? {})) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [name, listener] of Object.entries(properties.on ?? {})) element.addEventListener(name, listener as EventListener);
  append(element, ...children);
  return element;
}

export function append(parent: Node, ...children: readonly Content[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(typeof child === 'object' ? child : document.createTextNode(String(child)));
  }
}

/** Puts `children` in place of what `parent` holds. */
export function replace(parent: Element, ...children: readonly Content[]): void {
  parent.textContent = '';
  append(parent, ...children);
}

/** Puts `children` before `last`, in place of all else in `parent`. `last` stays: a button that is exchanged under the pointer takes no click. */
export function replaceBefore(parent: Element, last: Element, ...children: readonly Content[]): void {
  if (last.parentElement !== parent) replace(parent, last);
  for (const child of [...parent.childNodes]) if (child !== last) child.remove();
  const fragment = document.createDocumentFragment();
  append(fragment, ...children);
  last.before(fragment);
}

/** Whether the user asked for less motion. */
export function reducedMotion(): boolean {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}
