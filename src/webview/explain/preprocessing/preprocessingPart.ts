/**
 * How the picture becomes the model's input: in words, as pictures and numbers, to be changed and tried, and saved. A
 * change is first tried here, then the whole page explains with it.
 */
import './preprocessing.css';
import '@vscode-elements/elements/dist/vscode-badge/index.js';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { PreprocessingNote } from '../../../protocol/engine';
import type { InputPicture, PreprocessingTrial } from '../../../protocol/preprocessing';
import { Refused } from '../../common/ask';
import { h, replace } from '../../common/dom';
import { actionButton } from '../../common/errorMessage';
import { t } from '../../common/strings';
import type { Part, Prepared, Workbench } from '../workbench';
import { entryOf, preparationOf, type Entry, type Preparation } from './entry';
import { PreparationFields } from './fields';
import { SeenPictures } from './seen';
import { Trials } from './trials';

/** After the last change: until it is tried here, and until the page explains with it. */
const tryMs = 180, applyMs = 600;
const triedSource = 'tried here, not saved';

export const preprocessingPart = (workbench: Workbench): Part => new PreprocessingPart(workbench);

class PreprocessingPart implements Part {
  readonly place = 'aside';
  readonly element: HTMLElement;
  private readonly notes = h('div', { class: 'notes' });
  private readonly keeping = h('div', { class: 'preparation-actions', attributes: { hidden: true } });
  private readonly said = h('p', { class: 'preparation-said', attributes: { role: 'status' } });
  private readonly details = h('details', { class: 'preparation' });
  private readonly fields = new PreparationFields((preparation) => this.edit(preparation));
  private readonly seen: SeenPictures;
  private readonly trials = new Trials((trial) => this.take(trial));
  /** The picture input's note. */
  private note: PreprocessingNote | undefined;
  /** What is tried and not yet the page's. */
  private draft: Entry | undefined;
  private fixed: InputPicture['fixed'] = {};
  private trying: AbortController | undefined;
  private timer = 0;
  /** The preparation that pictures and trials were made for. */
  private shownFor = '';
  private triedFor = '';

  constructor(private readonly workbench: Workbench) {
    this.seen = new SeenPictures(workbench.picture);
    this.details.append(h('summary', {}, t('Check and change')), this.trials.verdict, this.seen.element, this.fields.element, h('h3', {}, t('Other common ways')), this.trials.element);
    this.details.hidden = true;
    this.details.addEventListener('toggle', () => { if (this.details.open) this.refresh(); });
    this.element = h('section', { class: 'block preprocessing' }, h('h2', {}, t('Preprocessing')), this.notes, this.said, this.keeping, this.details);
    replace(this.keeping,
      actionButton({ label: t('Save for this model'), run: () => void this.save() }),
      h('vscode-button', { title: t('Back to what the files say'), attributes: { secondary: true }, on: { click: () => this.back() } }, t('Discard')));
  }

  onSubject(): void {
    clearTimeout(this.timer);
    this.trying?.abort();
    this.note = this.draft = undefined;
    this.shownFor = this.triedFor = '';
    this.details.open = false;
    this.details.hidden = this.keeping.hidden = true;
    replace(this.notes);
    replace(this.said);
  }

  onPrepared({ preprocessing }: Prepared): void {
    this.note = preprocessing.find(({ entry }) => entry !== undefined);
    // What the page explains with now is what was tried, unless somebody has gone on typing.
    if (this.draft && this.timer === 0 && JSON.stringify(this.draft) === JSON.stringify(this.note?.entry)) this.draft = undefined;
    replace(this.notes, ...preprocessing.map(noteElement));
    this.details.hidden = this.note === undefined;
    this.keeping.hidden = this.workbench.state?.preprocessing === undefined;
    if (this.details.open && !this.draft) this.refresh();
  }

  /** Pictures, fields and trials of what the page explains with. */
  private refresh(): void {
    const entry = this.note?.entry;
    if (!entry) return;
    this.fields.show(preparationOf(entry), this.fixed);
    const key = JSON.stringify(entry);
    if (this.shownFor !== key) void this.tryOut(undefined, key);
    if (this.triedFor !== key) void this.compare(key);
  }

  private edit(preparation: Preparation): void {
    this.draft = entryOf(preparation);
    replace(this.said);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.tryOut(this.draft, JSON.stringify(this.draft)), tryMs);
  }

  private take({ entry }: PreprocessingTrial): void {
    clearTimeout(this.timer);
    this.draft = entry;
    this.fields.show(preparationOf(entry), this.fixed);
    void this.tryOut(entry, JSON.stringify(entry), 0);
  }

  /** Shows what the model sees and says, then lets the page explain with it. */
  private async tryOut(draft: Entry | undefined, key: string, wait = applyMs): Promise<void> {
    const { note, workbench } = this;
    if (!note) return;
    this.trying?.abort();
    const trying = (this.trying = new AbortController());
    this.details.setAttribute('aria-busy', 'true');
    try {
      const seen = await workbench.questions.ask('inputPicture', { input: note.input, ...(draft && { draft: this.wish(note.input, draft) }) }, trying.signal);
      if (trying.signal.aborted) return;
      this.fixed = seen.fixed;
      this.fields.show(preparationOf(draft ?? note.entry!), this.fixed);
      await this.seen.show(seen);
      this.shownFor = key;
      replace(this.said);
      if (draft) this.timer = window.setTimeout(() => this.apply(note.input, draft), wait);
    } catch (error) {
      if (trying.signal.aborted) return;
      this.fail(error);
    } finally {
      if (trying === this.trying) this.details.removeAttribute('aria-busy');
    }
  }

  private apply(input: string, draft: Entry): void {
    this.timer = 0;
    this.workbench.explain({ preprocessing: this.wish(input, draft) });
    this.keeping.hidden = false;
  }

  private wish(input: string, entry: Entry): Record<string, unknown> {
    return { ...this.workbench.state?.preprocessing, [input]: entry };
  }

  private async compare(key: string): Promise<void> {
    this.triedFor = key;
    if (!this.trials.element.dataset.verdict) this.trials.wait();
    try {
      const trials = await this.workbench.questions.ask('preprocessings', { input: this.note!.input });
      if (this.triedFor === key) this.workbench.announce(this.trials.show(trials));
    } catch (error) {
      if (this.triedFor !== key || !(error instanceof Refused)) return;
      this.triedFor = '';
      this.trials.fail(error.error.message);
    }
  }

  private async save(): Promise<void> {
    const { note, workbench } = this;
    if (!note?.entry) return;
    try {
      const { file, created } = await workbench.questions.ask('savePreprocessing', { save: { [note.input]: note.entry } });
      const name = file.split(/[/\\]/).at(-1)!;
      const said = created ? t('Saved in {0}, beside the model.', name) : t('{0} was changed: it now says so.', name);
      replace(this.said, said);
      workbench.announce(said);
      workbench.explain({ preprocessing: undefined });
    } catch (error) {
      this.fail(error);
    }
  }

  private back(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.trying?.abort();
    this.draft = undefined;
    replace(this.said);
    this.workbench.explain({ preprocessing: undefined });
  }

  private fail(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    const { message, remedy } = error.error;
    replace(this.said, h('span', { class: 'preparation-error' }, message), remedy && ` ${remedy}`);
  }
}

/** The preparation in words; what nobody stated is marked as assumed. */
function noteElement(note: PreprocessingNote): HTMLElement {
  const tried = note.source.includes(triedSource);
  return h('div', { class: 'note-group' },
    h('div', { class: 'note-words' },
      tried ? h('vscode-badge', { class: 'assumed', title: t('The page explains with it; the model’s files say something else') }, t('tried, not saved'))
        : note.assumed && h('vscode-badge', { class: 'assumed', title: t('Nobody stated this for the model: check it') }, t('assumed')),
      h('span', {}, note.words)),
    note.assumptions.length > 0 && h('ul', { class: 'assumptions muted' }, ...note.assumptions.map((line) => h('li', {}, line))),
    note.source !== 'assumed' && !tried && h('div', { class: 'muted' }, t('from {0}', note.source)));
}
