/** The VS Code window as UI tests speak of it: files, menus, the palette, pickers, and the pages of this extension. */
import type { FrameLocator, Locator, Page } from 'playwright-core';

const patience = 30_000;

export type Theme = 'Dark Modern' | 'Light Modern' | 'Dark High Contrast' | 'Light High Contrast';

export class Window {
  constructor(readonly page: Page) {}

  /** A file's row in the Explorer. */
  file(name: string): Locator {
    return this.page.locator(`.explorer-folders-view .monaco-list-row[aria-label^="${name}"]`);
  }

  async openFile(name: string): Promise<void> {
    await this.file(name).waitFor({ timeout: patience });
    await this.file(name).dblclick();
  }

  /** Right-clicks a file and chooses from the menu. */
  async fileMenu(name: string, item: string): Promise<void> {
    await this.file(name).waitFor({ timeout: patience });
    await this.file(name).click({ button: 'right' });
    const label = this.page.locator('.monaco-menu .action-label', { hasText: item }).first();
    await label.waitFor({ timeout: patience });
    // A menu ignores the mouse for a moment after it opened, lest the click that opened it chooses something.
    for (let attempt = 0; attempt < 10; attempt++) {
      await this.page.waitForTimeout(250);
      // On a busy machine it closes later than it was waited for.
      if (attempt > 0 && !(await label.isVisible())) return;
      await label.click();
      const closed = await label.waitFor({ state: 'hidden', timeout: 2500 }).then(() => true, () => false);
      if (closed) return;
    }
    throw new Error(`the menu did not take the click on '${item}'`);
  }

  /** Labels of a file's context menu. Leaves the menu closed. */
  async fileMenuItems(name: string): Promise<string[]> {
    await this.file(name).click({ button: 'right' });
    const labels = this.page.locator('.monaco-menu .action-label');
    await labels.first().waitFor({ timeout: patience });
    const texts = await labels.allTextContents();
    await this.page.keyboard.press('Escape');
    return texts.filter(Boolean);
  }

  /** Runs a command by its title in the palette. */
  async command(title: string): Promise<void> {
    // A page that takes the focus while it loads closes the palette: then it is asked for again.
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press('F1');
      try {
        return await this.pick(title, `>${title}`, 5000);
      } catch (error) {
        if (attempt === 5) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Loads the window again as people do, so that VS Code saves what it keeps, and waits until extensions are there. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('domcontentloaded', { timeout: 60_000 });
    await this.command('Developer: Reload Window');
    await loaded;
    await this.page.waitForFunction(() => performance.getEntriesByName('code/didLoadExtensions').length > 0, null, { timeout: 90_000 });
  }

  get picker(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** Chooses the row holding `label` in the open picker, after typing `filter` (default: the label). */
  async pick(label: string, filter = label, timeout = patience): Promise<void> {
    const input = this.picker.locator('input[type=text]').first();
    await input.waitFor({ timeout });
    await input.fill(filter, { timeout });
    const row = this.picker.locator('.monaco-list-row', { hasText: label }).first();
    await row.waitFor({ timeout });
    await row.click({ timeout });
  }

  /** Labels of the rows of the open picker. */
  async pickerRows(): Promise<string[]> {
    const rows = this.picker.locator('.monaco-list-row');
    await rows.first().waitFor({ timeout: patience });
    return (await rows.locator('.label-name').allTextContents()).map((text) => text.trim());
  }

  /** The document of the webview in view. */
  get webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready:visible').frameLocator('iframe#active-frame');
  }

  get statusBar(): Locator {
    return this.page.locator('.part.statusbar');
  }

  async setTheme(theme: Theme): Promise<void> {
    await this.command('Preferences: Color Theme');
    await this.pick(theme);
    await this.picker.waitFor({ state: 'hidden', timeout: patience });
    await this.page.waitForTimeout(500);
  }

  async closeEditors(): Promise<void> {
    await this.command('View: Close All Editors');
  }

  /** Texts of the buttons in the title bar of the active editor. */
  async titleButtons(): Promise<string[]> {
    const labels = this.page.locator('.editor-group-container.active .editor-actions .action-label');
    return (await labels.evaluateAll((elements) => elements.map((element) => element.getAttribute('aria-label') ?? ''))).filter(Boolean);
  }

  titleButton(name: string): Locator {
    return this.page.locator(`.editor-group-container.active .editor-actions .action-label[aria-label^="${name}"]`);
  }

  /** Moves over a word of the open text editor and returns the hover's text. */
  async hover(word: string): Promise<string> {
    const token = this.page.locator('.monaco-editor .view-line span span', { hasText: word }).first();
    await token.waitFor({ timeout: patience });
    const box = (await token.boundingBox())!;
    await this.page.mouse.move(box.x + 8, box.y + 8);
    await this.page.mouse.move(box.x + 11, box.y + 9);
    const hover = this.page.locator('.monaco-hover:visible').first();
    await hover.waitFor({ timeout: patience });
    return hover.innerText();
  }
}

/** The model editor. */
export class ModelEditorPage {
  constructor(private readonly window: Window) {}

  get root(): Locator { return this.window.webview.locator('.editor'); }
  get title(): Locator { return this.root.locator('.summary h1'); }
  get rows(): Locator { return this.root.locator('.rows .row[role=row]'); }
  get canvas(): Locator { return this.root.locator('.graph canvas').first(); }
  get count(): Locator { return this.root.locator('.count'); }
  get totals(): Locator { return this.root.locator('.row.total'); }
  get searchBox(): Locator { return this.root.locator('.search input'); }
  get matches(): Locator { return this.root.locator('.search-count'); }
  get selected(): Locator { return this.root.locator('.rows .row[aria-selected="true"]'); }
  get path(): Locator { return this.root.locator('.path'); }
  get notice(): Locator { return this.root.locator('.notice'); }
  get menu(): Locator { return this.window.webview.locator('.menu'); }
  get error(): Locator { return this.window.webview.locator('.message[role=alert]'); }
  /** A whole page in words: loading, cancelled or an error. */
  get message(): Locator { return this.window.webview.locator('.message'); }

  async opened(): Promise<void> {
    await this.root.waitFor({ timeout: patience });
  }

  /** Waits until the graph is laid out and drawn. @returns how many nodes and edges are in view. */
  async drawn(timeout = patience): Promise<{ nodes: number; edges: number }> {
    const canvas = this.root.locator('.graph-canvas[data-drawn]');
    await canvas.waitFor({ timeout });
    const [nodes = 0, edges = 0] = (await canvas.getAttribute('data-drawn'))!.split(' ').map(Number);
    return { nodes, edges };
  }

  /** Value of one of the figures of the head: 'Layers', 'Parameters', 'MACs', 'Weights', 'File'. */
  async figure(label: string): Promise<string> {
    return (await this.root.locator('.figure', { hasText: label }).locator('dd').innerText()).replace(/\s/g, ' ');
  }

  /** Types into the search box and waits for the answer. */
  async search(text: string): Promise<void> {
    await this.searchBox.fill(text);
    await this.matches.filter({ hasText: text === '' ? /^$/ : /found/ }).waitFor({ state: 'attached', timeout: patience });
  }

  tab(name: 'Graph' | 'Layers' | 'Details' | 'Path'): Locator {
    return this.root.locator('.tab', { hasText: name });
  }

  tool(name: string): Locator {
    return this.root.locator(`.toolbar button[aria-label="${name}"]`);
  }

  async chooseFromMenu(item: string): Promise<void> {
    await this.menu.locator('.menu-item', { hasText: item }).click();
  }

  /** A row of the table by its layer's name, where it is in view. */
  row(name: string): Locator {
    return this.rows.filter({ has: this.window.webview.locator('.cell.name', { hasText: new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`) }) }).first();
  }

  async sortBy(column: string): Promise<void> {
    await this.root.locator(`.head .${column} button`).click();
  }

  header(column: string): Locator {
    return this.root.locator(`.head .${column}`);
  }
}

/** The explain panel. */
export class ExplainPage {
  constructor(private readonly window: Window) {}

  get body(): Locator { return this.window.webview.locator('body'); }
  get root(): Locator { return this.window.webview.locator('.explain'); }
  get predictions(): Locator { return this.root.locator('.prediction'); }
  get status(): Locator { return this.root.locator('.status'); }
  get failure(): Locator { return this.root.locator('.failure'); }
  get checks(): Locator { return this.root.locator('.checks li'); }
  get preprocessing(): Locator { return this.root.locator('.preprocessing'); }

  /** The card that names the chosen method. */
  get card(): Locator { return this.root.locator('.method-card'); }
  get gallery(): Locator { return this.root.locator('.gallery'); }
  /** What is explained, in a sentence. */
  get sentence(): Locator { return this.root.locator('.target-sentence'); }

  /** A method's row in the gallery. */
  method(id: string): Locator {
    return this.gallery.locator(`[data-method="${id}"]`);
  }

  async openGallery(): Promise<void> {
    if (!(await this.gallery.isVisible())) await this.card.click();
    await this.gallery.waitFor({ timeout: patience });
  }

  /** Chooses a method in the gallery. */
  async chooseMethod(id: string): Promise<void> {
    await this.openGallery();
    await this.method(id).click();
  }

  /** Looks at the map in another way. */
  async view(mode: 'overlay' | 'sideBySide' | 'slider' | 'contour' | 'masked'): Promise<void> {
    await this.root.locator(`.segment[data-mode="${mode}"]`).click();
    await this.settled();
  }

  /** Waits for the end of a run. */
  async ended(state: 'finished' | 'failed' | 'cancelled', timeout = 120_000): Promise<void> {
    await this.window.webview.locator(`body[data-run="${state}"]`).waitFor({ timeout });
  }

  async running(timeout = patience): Promise<void> {
    await this.window.webview.locator('body[data-run="running"]').waitFor({ timeout });
  }

  /** Waits until a run of this method has begun. */
  async runningWith(method: string, timeout = patience): Promise<void> {
    await this.window.webview.locator(`body[data-run="running"][data-method="${method}"]`).waitFor({ timeout });
  }

  /** Maps that came before the last one in this run. */
  async partials(): Promise<number> {
    return Number(await this.body.getAttribute('data-partials'));
  }

  button(name: string): Locator {
    return this.root.locator('vscode-button', { hasText: name });
  }

  get canvas(): Locator { return this.root.locator('.stage canvas'); }
  get classBox(): Locator { return this.root.locator('.target .chooser input').first(); }
  /** The class that the explained one is compared with. */
  get ratherBox(): Locator { return this.root.locator('.target .chooser input').nth(1); }
  get layer(): Locator { return this.select('Layer').locator('input'); }

  /** Waits for the first map over this picture, partial or whole. */
  async mapShown(picture: string, timeout = 120_000): Promise<void> {
    await this.root.filter({ hasText: picture }).waitFor({ timeout });
    await this.window.webview.locator('body[data-map="shown"]').waitFor({ timeout });
  }

  /** Waits until a run of this method has finished. */
  async finishedWith(method: string, timeout = 120_000): Promise<void> {
    await this.window.webview.locator(`body[data-run="finished"][data-method="${method}"]`).waitFor({ timeout });
  }

  /** Waits for canvases and transitions to come to rest. */
  async settled(): Promise<void> {
    await this.window.page.waitForTimeout(500);
  }

  select(label: string): Locator {
    return this.root.locator('.field', { hasText: label }).locator('vscode-single-select');
  }

  async choosePreset(name: string): Promise<void> {
    await this.chooseOption('Preset', { hasText: name });
  }

  /** Chooses the layer at a position of the list; the last layer of the model is 0. */
  async chooseLayer(position: number): Promise<void> {
    await this.chooseOption('Layer', {}, position);
  }

  /** Chooses a row of the list of a field. */
  async chooseOption(field: string, filter: { hasText?: string }, position = 0): Promise<void> {
    const select = this.select(field);
    await select.click();
    await select.locator('.options .option').filter(filter).nth(position).click();
  }

  /** Types into the class box and takes the first match. */
  /** Waits until the class box shows what is explained and the run for it has ended. */
  async explains(label: RegExp): Promise<void> {
    const until = Date.now() + patience;
    for (;;) {
      const shown = await this.classBox.inputValue();
      if (label.test(shown) && await this.body.getAttribute('data-run') === 'finished') return;
      if (Date.now() > until) throw new Error(`the class box shows '${shown}', expected ${label}`);
      await this.root.page().waitForTimeout(50);
    }
  }

  /** Has the explained class compared with another. */
  async chooseRather(label: string): Promise<void> {
    await this.ratherBox.click();
    await this.ratherBox.fill(label);
    await this.root.locator('.chooser .options:not([hidden]) li', { hasText: label }).first().click();
  }

  async chooseClass(label: string): Promise<void> {
    await this.classBox.click();
    await this.classBox.fill(label);
    await this.root.locator('.chooser .options:not([hidden]) li', { hasText: label }).first().click();
  }

  /** The map's value at a pixel of the picture (of this size), as the page tells it for the pointer. */
  async valueAt(x: number, y: number, size: { readonly width: number; readonly height: number }): Promise<number> {
    const box = (await this.canvas.boundingBox())!;
    const scale = Math.min((box.width - 32) / size.width, (box.height - 32) / size.height, 6);
    await this.window.page.mouse.move(box.x + box.width / 2 + (x + 0.5 - size.width / 2) * scale, box.y + box.height / 2 + (y + 0.5 - size.height / 2) * scale);
    await this.root.locator('.reading', { hasText: new RegExp(`^${x}, ${y} `) }).waitFor({ timeout: patience });
    return Number((await this.root.locator('.reading strong').innerText()).replace(/[^-+.\de]/g, ''));
  }

  /** Share of the canvas (0…1) whose colours the map changes: compared with the picture alone. */
  async mapCoverage(): Promise<number> {
    const eye = this.root.locator('.peek');
    const pixels = (): Promise<number[]> => this.canvas.evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const sums: number[] = [];
      for (let at = 0; at < data.length; at += 4 * 7) sums.push(data[at]! - data[at + 2]!);
      return sums;
    });
    const withMap = await pixels();
    await eye.dispatchEvent('pointerdown');
    await this.window.page.waitForTimeout(200);
    const without = await pixels();
    await eye.dispatchEvent('pointerup');
    await this.window.page.waitForTimeout(100);
    return withMap.filter((value, index) => Math.abs(value - without[index]!) > 24).length / withMap.length;
  }
}
