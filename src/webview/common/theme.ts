/** The theme's colours for canvases, which style sheets do not reach. */

const listeners = new Set<() => void>();
let observer: MutationObserver | undefined;

/** Calls `listener` after VS Code has changed the theme. */
export function onThemeChange(listener: () => void): void {
  listeners.add(listener);
  if (observer) return;
  // VS Code writes the colours into the root's style and the kind of theme into the body's class.
  observer = new MutationObserver(() => { for (const each of listeners) each(); });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
}

/** The value of a style sheet variable; `fallback` if a theme leaves it out (high contrast themes do). */
export function themeColor(variable: string, fallback: string): string {
  return getComputedStyle(document.body).getPropertyValue(variable).trim() || fallback;
}

export function isHighContrast(): boolean {
  return document.body.classList.contains('vscode-high-contrast') || document.body.classList.contains('vscode-high-contrast-light');
}
