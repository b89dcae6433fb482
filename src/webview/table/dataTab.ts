/**
 * The data: how the file was read, what its columns hold, and which of them feed the model in which way. A change is
 * tried at once on the table; the page explains with it when somebody says so, and keeps it when it is saved.
 */
import './data/data.css';
import '@vscode-elements/elements/dist/vscode-badge/index.js';
import type { OpenTableResult, TableReading } from '../../protocol/table';
import { Refused } from '../common/ask';
import { h, replace } from '../common/dom';
import { actionButton } from '../common/errorMessage';
import { icon } from '../common/icons';
import { t } from '../common/strings';
import { labelled, select } from './controls';
import { columnsView, fileView } from './data/columnsView';
import { draftOf, entryOf, type Draft } from './data/mappingDraft';
import { MappingEditor } from './data/mappingEditor';
import { scalingOffer } from './data/scalingOffer';
import { fitWords } from './mappingView';
import type { TablePage, TableTab } from './tab';

/** After the last change, until it is tried. */
const tryMs = 250;

export function dataTab(page: TablePage): TableTab {
  const editor = new MappingEditor(edit), said = h('p', { class: 'data-said', attributes: { role: 'status' } }), offer = h('div', {}), meaning = h('div', { class: 'data-meaning' }), file = h('div', { class: 'data-facts' });
  const use = actionButton({ label: t('Explain with this'), run: () => page.change({ preprocessing: entryOf(draft) }) }), keep = actionButton({ label: t('Save beside the model'), secondary: true, run: () => void save() }), back = actionButton({ label: t('Reset'), secondary: true, run: () => reset() });
  const actions = h('div', { class: 'data-actions' }, use, keep, back), badge = h('vscode-badge', { class: 'assumed', title: t('The page explains with it; the model’s files say something else'), attributes: { hidden: true } }, t('tried, not saved'));
  const mapping = h('section', { class: 'data-mapping' }, h('h2', {}, t('What feeds the model'), badge), said, offer, actions, h('div', { class: 'mapping-scroll', attributes: { tabindex: 0, role: 'region', 'aria-label': t('What feeds the model') } }, editor.element), meaning);
  const element = h('div', { class: 'scrolling-tab data-tab' });
  let opened: OpenTableResult | undefined, draft: Draft = [], applied = '', saved = '', timer = 0, trying: AbortController | undefined;

  function begin(found: OpenTableResult | undefined): void {
    clearTimeout(timer);
    trying?.abort();
    opened = found;
    if (!found) return replace(element, h('p', { class: 'muted pad' }, t('Reading the table…')));
    const { reading } = found, entry = reading?.mapping.entry ?? found.draft;
    draft = entry ? draftOf(entry) : [];
    applied = JSON.stringify(entryOf(draft));
    replace(file, fileView(found), columnsView(found));
    badge.hidden = page.choice().preprocessing === undefined;
    showEditor();
    replace(offer, found.scalings && scalingOffer(found.scalings, ({ entry: scaled }) => { edit(draftOf(scaled)); showEditor(); }));
    replace(meaning, ...(reading ? meaningView(reading, found) : []));
    // What the page says above its tabs is not said again.
    if (!reading) sayProblem(entry ? t('The columns do not fit the model. Choose what feeds it.') : t('The columns do not fit the model.'), undefined);
    else if (saved) sayFit(reading);
    else replace(said);
    saved = '';
    replace(element, file, ...(entry ? [mapping] : [said]));
    buttons(reading !== undefined);
  }

  function showEditor(): void {
    const label = opened?.reading?.mapping.label;
    if (opened) editor.show(draft, { columns: opened.columns, named: opened.dialect.header === 'names', words: opened.words ?? [], ...(label !== undefined && { label }) });
  }

  function edit(next: Draft): void {
    draft = next;
    clearTimeout(timer);
    trying?.abort();
    buttons(false);
    element.dataset.tried = 'waiting';
    timer = window.setTimeout(() => void tryOut(), tryMs);
  }

  /** Reads the table with the draft: how well the model does with it, or why it does not fit. */
  async function tryOut(): Promise<void> {
    const mine = (trying = new AbortController()), entry = entryOf(draft);
    said.setAttribute('aria-busy', 'true');
    try {
      const found = await page.ask('openTable', { preprocessing: entry }, mine.signal);
      if (mine.signal.aborted) return;
      if (found.reading) sayFit(found.reading);
      else sayProblem(found.problem?.message ?? t('The columns do not fit the model.'), found.problem?.remedy);
      replace(meaning, ...(found.reading ? meaningView(found.reading, found) : []));
      buttons(found.reading !== undefined);
    } catch (error) {
      if (mine.signal.aborted) return;
      fail(error);
    } finally {
      if (trying === mine) {
        said.removeAttribute('aria-busy');
        element.dataset.tried = said.classList.contains('wrong') ? 'wrong' : 'fits';
      }
    }
  }

  function buttons(fits: boolean): void {
    const now = JSON.stringify(entryOf(draft)), tried = page.choice().preprocessing !== undefined;
    (use as HTMLElement & { disabled: boolean }).disabled = !fits || now === applied;
    (keep as HTMLElement & { disabled: boolean }).disabled = !fits;
    (back as HTMLElement & { disabled: boolean }).disabled = now === applied && !tried;
  }

  async function save(): Promise<void> {
    try {
      const { file: where, created } = await page.ask('savePreprocessing', { save: entryOf(draft) });
      const name = where.split(/[/\\]/).at(-1) ?? where;
      element.dataset.saved = name;
      saved = created ? t('Saved in {0}, beside the model.', name) : t('{0} was changed: it now says so.', name);
      page.change({ preprocessing: undefined });
    } catch (error) {
      fail(error);
    }
  }

  function reset(): void {
    if (page.choice().preprocessing !== undefined) return page.change({ preprocessing: undefined });
    begin(opened);
  }

  function sayFit(reading: TableReading): void {
    said.classList.remove('wrong');
    replace(said, icon('check'), h('span', {}, saved && `${saved} `, reading.mapping.words, reading.fit && ` · ${fitWords(reading.fit)}`));
  }

  function sayProblem(message: string, remedy: string | undefined): void {
    said.classList.add('wrong');
    replace(said, icon('error'), h('span', {}, message, remedy !== undefined && `. ${remedy.charAt(0).toLocaleUpperCase()}${remedy.slice(1)}`));
  }

  function fail(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    if (error.error.code !== 'cancelled') sayProblem(error.error.message, error.error.remedy);
  }

  /** What the model says of a row, the label it is compared with, and what nobody stated of all this. */
  function meaningView({ output, outputs, task, mapping: { assumed, label } }: TableReading, { columns }: OpenTableResult): readonly (HTMLElement | false)[] {
    const names = outputs.slice(0, 12).join(', ') + (outputs.length > 12 ? ', …' : '');
    return [
      h('h2', {}, t('What the model says')),
      h('p', {}, task === 'classification' ? t('Output {0}: {1} classes ({2})', output, outputs.length, names) : t('Output {0}: {1}', output, names)),
      labelled(t('What a row really is (label)'), select([['', t('none')], ...columns.map(({ name }, place) => [String(place), name] as const)], label === undefined ? '' : String(label), (value) => page.change({ label: value === '' ? '' : Number(value), target: undefined }))),
      assumed.length > 0 && h('div', { class: 'data-assumed' }, h('h3', {}, h('vscode-badge', { class: 'assumed', title: t('Nobody stated this for the model: check it') }, t('assumed'))), h('ul', { class: 'assumed' }, ...assumed.map((sentence) => h('li', {}, sentence)))),
    ];
  }

  return {
    id: 'data', title: t('Data'), element, shown: () => undefined,
    begin: (session) => begin(session?.opened),
    openedBadly: (found) => begin(found),
  };
}
