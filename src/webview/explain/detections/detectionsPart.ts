/** Boxes, lines and masks of detectors and segmenters: over the picture and in a list; a click explains one of them. */
import './detections.css';
import type { DetectedBox, Detections } from '../../../protocol/detections';
import type { PictureFrame, TargetChoice } from '../../../protocol/engine';
import type { ReportSection } from '../../../protocol/keep';
import { Refused } from '../../common/ask';
import { h, replace } from '../../common/dom';
import { formatPercent } from '../../common/format';
import { t } from '../../common/strings';
import type { PicturePoint, PictureTool } from '../pictureView';
import { choiceButtons } from '../regions/choiceButtons';
import type { Part, Prepared, Workbench } from '../workbench';
import { boxLayer, type ShownBoxes } from './boxLayer';
import { boxesAt, cellAt } from './hit';
import { DetectionList, type Row } from './list';
import { maskLayer, type ShownMask } from './maskLayer';

type Shown = 'all' | 'one' | 'none';

export function detectionsPart(workbench: Workbench): Part {
  return new DetectionsPart(workbench);
}

class DetectionsPart implements Part {
  readonly place = 'top';
  readonly element: HTMLElement;
  private readonly list = new DetectionList({ onChoose: (key) => this.chooseKey(key), onPoint: (key) => this.point(key) });
  private readonly threshold = h('input', { attributes: { type: 'range', min: 0.1, max: 0.95, step: 0.05, 'aria-label': t('Least score that is shown') } });
  private readonly thresholdValue = h('output', { class: 'numeric' });
  private readonly thresholdRow = h('label', { class: 'detection-threshold' }, h('span', { class: 'muted' }, t('Score from')), this.threshold, this.thresholdValue);
  private readonly shown = choiceButtons<Shown>(t('On the picture'), [['all', t('All'), t('Draws all that was found')], ['one', t('Explained'), t('Draws only what is explained')], ['none', t('None'), t('Draws nothing over the picture')]], () => this.refresh());
  private readonly words = h('p', { class: 'muted note' });
  private readonly heading = h('h2', {}, t('Detections'));
  private found: Detections | undefined;
  /** What the present answer, or the question under way, is about. */
  private about: string | undefined;
  private question: AbortController | undefined;
  private pointed: string | undefined;
  private mapped = false;
  /** Text of the target of the last explanation that got so far. */
  private explained: string | undefined;

  constructor(private readonly workbench: Workbench) {
    this.threshold.addEventListener('input', () => this.refresh());
    this.element = h('section', { class: 'block detections', attributes: { hidden: true, 'aria-label': t('Detections') } },
      h('div', { class: 'detection-head' }, this.heading, this.shown.element), this.thresholdRow, this.list.element, this.words);
    const { picture } = workbench;
    picture.addLayer(maskLayer(() => this.shownMask()));
    picture.addLayer(boxLayer(() => this.shownBoxes(), () => picture.size?.width ?? 1));
  }

  onSubject(): void {
    this.forget();
  }

  onPrepared({ prediction, target }: Prepared): void {
    this.explained = target.text;
    // Outputs that are a distribution over classes are no boxes: the engine need not look.
    if (prediction.kind === 'scores') void this.ask();
    else this.forget();
    this.refresh();
  }

  onStopped(how: 'failed' | 'cancelled'): void {
    // Where there is no box to explain by itself, people still want to see which ones nearly were.
    if (how === 'failed' && !this.workbench.prepared) void this.ask();
  }

  onMap(map: unknown): void {
    this.mapped = map !== undefined;
    this.workbench.picture.redraw();
  }

  reportSections(): readonly ReportSection[] {
    const { found } = this;
    if (!found || found.kind === 'none') return [];
    const rows = found.mask ? found.mask.classes.map(({ label, share, target }) => [label, formatPercent(share), String(target.class)])
      : this.visible().map(({ label, score, target }) => [label, formatPercent(score), String(target.class)]);
    return [{ title: t('Detections'), words: found.words, head: [t('Class'), found.mask ? t('Share') : t('Score'), t('Target')], rows }];
  }

  private forget(): void {
    this.question?.abort();
    this.question = this.found = this.about = this.pointed = undefined;
    this.element.hidden = true;
    delete this.element.dataset.kind;
    this.workbench.picture.setStandingTool(undefined);
  }

  private async ask(): Promise<void> {
    const { state, questions } = this.workbench, about = JSON.stringify([state?.image, state?.model, state?.preprocessing]);
    if (about === this.about) return;
    this.question?.abort();
    const question = (this.question = new AbortController());
    this.about = about;
    try {
      const found = await questions.ask('detections', {}, question.signal);
      if (!question.signal.aborted) this.show(found);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // The run says what is wrong with model or picture.
      if (this.question === question) this.forget();
    }
  }

  private show(found: Detections): void {
    this.found = found;
    this.element.hidden = found.kind === 'none' && !this.workbench.prepared;
    this.element.dataset.kind = found.kind;
    this.heading.textContent = found.kind === 'mask' ? t('Regions') : found.kind === 'lines' ? t('Lines') : t('Detections');
    this.thresholdRow.hidden = found.boxes.length === 0;
    this.shown.element.hidden = found.kind === 'none';
    this.threshold.value = String(found.threshold);
    this.workbench.picture.setStandingTool(found.kind === 'none' ? undefined : this.tool);
    this.refresh();
    this.workbench.announce(found.words);
  }

  private boxes(): readonly DetectedBox[] {
    return this.found?.boxes ?? [];
  }

  /** Boxes the threshold lets through. */
  private visible(): readonly DetectedBox[] {
    const least = Number(this.threshold.value) - 1e-6;
    return this.boxes().filter(({ score }) => score >= least);
  }

  private shownBoxes(): ShownBoxes {
    if (this.hidden) return { boxes: [], chosen: undefined, pointed: undefined };
    const chosen = this.boxes().find(({ target }) => target.class === this.chosenText()), pointed = this.boxes().find(({ target }) => String(target.class) === this.pointed);
    return { boxes: this.shown.value === 'all' ? this.visible() : [], chosen, pointed };
  }

  /** Another tool has the picture, or nobody wants to see them. */
  private get hidden(): boolean {
    return this.shown.value === 'none' || this.workbench.picture.inUse;
  }

  /** The target that is asked for, or was chosen by itself. */
  private chosenText(): string | undefined {
    const asked = this.workbench.state?.target?.class;
    return typeof asked === 'string' ? asked : this.explained;
  }

  /** The class whose region is explained. */
  private chosenClass(): number | undefined {
    const { mask } = this.found ?? {}, text = this.chosenText();
    return mask?.classes.find(({ target }) => text?.startsWith(String(target.class).slice(0, -1)) && /^[,)]/.test(text.slice(String(target.class).length - 1)))?.index;
  }

  private shownMask(): ShownMask | undefined {
    const { found } = this, frame = this.frame();
    if (!found?.mask || !frame || this.hidden) return undefined;
    const chosen = this.chosenClass(), all = found.mask.classes.filter(({ background, index }) => !background || index === chosen).map(({ index }) => index);
    return { mask: found.mask, frame, classes: this.shown.value === 'all' ? all : all.filter((index) => index === chosen), chosen, pointed: this.pointed === undefined ? undefined : Number(this.pointed), mapped: this.mapped };
  }

  private frame(): PictureFrame | undefined {
    const { size } = this.workbench.picture;
    return this.found?.frame ?? (size && { sourceWidth: size.width, sourceHeight: size.height, left: 0, top: 0, ...size });
  }

  private rows(): Row[] {
    const { found } = this;
    if (found?.mask) {
      return found.mask.classes.map(({ index, label, share }) => ({ key: String(index), label, figure: formatPercent(share), share, classIndex: index, about: t('{0}, {1} of the picture: explain it', label, formatPercent(share)) }));
    }
    return this.visible().map((box) => ({
      key: String(box.target.class), label: box.label, figure: formatPercent(box.score), share: box.score, classIndex: box.classIndex,
      about: t('{0}, score {1}, {2}×{3} pixels at {4}, {5}: explain it', box.label, formatPercent(box.score), Math.round(box.width), Math.round(box.height), Math.round(box.x), Math.round(box.y)),
    }));
  }

  private refresh(): void {
    const { found } = this;
    this.workbench.picture.redraw();
    if (!found) return;
    this.thresholdValue.textContent = formatPercent(Number(this.threshold.value));
    const rows = this.rows(), chosen = found.mask ? this.chosenClass()?.toString() : this.chosenText();
    this.list.show(rows, chosen);
    const none = rows.length === 0 && found.boxes.length > 0 ? t('None has this score; lower it to see the {0} weaker ones.', found.boxes.length) : '';
    replace(this.words, found.guess ? h('span', { class: 'detection-guess', title: t('Nobody states how this model’s outputs are to be read') }, t('a guess')) : null, [none, found.words].filter(Boolean).join(' '));
    this.element.dataset.shown = String(rows.length);
  }

  private chooseKey(key: string): void {
    const { found } = this, box = this.boxes().find(({ target }) => String(target.class) === key);
    if (box) return this.explain(box.target, box);
    const region = found?.mask?.classes.find(({ index }) => String(index) === key);
    if (region) this.explain(region.target, region);
  }

  private explain(target: TargetChoice, { label }: { readonly label: string }): void {
    this.workbench.announce(t('Explaining {0}', label));
    this.workbench.explain({ target, targetClass: undefined });
    this.refresh();
  }

  private point(key: string | undefined): void {
    if (key === this.pointed) return;
    this.pointed = key;
    this.workbench.picture.element.style.cursor = key === undefined ? '' : 'pointer';
    this.workbench.picture.redraw();
  }

  /** What a click at a place of the picture would explain. */
  private under(at: PicturePoint): { key: string; run(): void } | undefined {
    const { found } = this, frame = this.frame();
    if (!found || !frame || this.shown.value === 'none') return undefined;
    if (found.mask) {
      const cell = cellAt(found.mask, frame, at), region = cell && found.mask.classes.find(({ index }) => index === cell.classIndex);
      if (!cell || !region || region.background) return undefined;
      return { key: String(region.index), run: () => this.explain({ ...region.target, class: `${found.mask!.form}(${found.mask!.value}, ${region.index}, ${cell.x},${cell.y})` }, region) };
    }
    const hits = boxesAt(this.visible(), at, this.workbench.picture.scale), text = this.chosenText();
    // A second click on the same place takes the next larger box.
    const box = hits[(hits.findIndex(({ target }) => target.class === text) + 1) % Math.max(1, hits.length)];
    return box && { key: String(box.target.class), run: () => this.explain(box.target, box) };
  }

  private readonly tool: PictureTool = {
    cursor: '',
    down: (at) => {
      this.under(at)?.run();
      return false;
    },
    move: (at) => this.point(this.under(at)?.key),
    leave: () => this.point(undefined),
    key: (event, at) => {
      const hit = at && (event.key === 'Enter' || event.key === ' ') ? this.under(at) : undefined;
      hit?.run();
      return hit !== undefined;
    },
  };
}
