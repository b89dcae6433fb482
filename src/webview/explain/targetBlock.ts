/** What is explained: in a sentence, and to be chosen — a class, the class it is compared with, the output, and its space. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { ClassScore, ExplainResult } from '../../protocol/engine';
import { h, replace } from '../common/dom';
import { formatValue } from '../common/format';
import { t } from '../common/strings';
import { ClassChooser } from './classChooser';
import { field } from './field';
import { classWish, wishFor, type ClassWish, type Space } from './targetWish';
import type { Part, Prepared, Workbench } from './workbench';

/** More classes than this are searched by index only. */
const mostClasses = 1000;

export class TargetBlock implements Part {
  readonly element: HTMLElement;
  private readonly sentence = h('p', { class: 'target-sentence' });
  private readonly back = h('button', { class: 'link', attributes: { type: 'button', hidden: true } }, t('Explain the most likely class instead'));
  private readonly first: ClassChooser;
  private readonly second: ClassChooser;
  private readonly space: VscodeSingleSelect;
  private readonly output: VscodeSingleSelect;
  private readonly outputField: HTMLElement;
  private readonly fields: HTMLElement;
  private readonly labels = new Map<number, string>();
  /** The output whose classes `labels` names. */
  private named = '';
  /** Of which output all classes were asked for. */
  private asked: string | undefined;

  constructor(private readonly workbench: Workbench) {
    this.first = new ClassChooser({ label: t('Class to explain') }, { onChoose: (index) => this.choose({ index }), onNeedClasses: () => this.listClasses() });
    this.second = new ClassChooser({ label: t('Class to compare with'), empty: t('no other class') }, { onChoose: (against) => this.choose({ against }), onNeedClasses: () => this.listClasses() });
    this.space = h('vscode-single-select', { attributes: { label: t('As') } });
    for (const [value, label, about] of spaces()) this.space.append(h('vscode-option', { attributes: { value, description: about } }, label));
    this.space.addEventListener('change', () => this.choose({ space: this.space.value === 'logit' ? undefined : (this.space.value as Space) }));
    this.output = h('vscode-single-select', { attributes: { label: t('Output') } });
    // Classes are counted anew in another output.
    this.output.addEventListener('change', () => this.workbench.explain(wishFor({ output: this.output.value, ...(this.wish?.space && { space: this.wish.space }) })));
    this.outputField = field(t('Output'), this.output);
    this.outputField.hidden = true;
    this.back.addEventListener('click', () => this.workbench.explain(wishFor({})));
    this.fields = h('div', {}, field(t('Class'), this.first.element), field(t('Rather than'), this.second.element), field(t('As'), this.space), this.outputField);
    this.element = h('section', { class: 'block target' }, h('h2', {}, t('Explained')), this.sentence, this.back, this.fields);
  }

  /** Explains a class: in place of the one that is explained, with the rest of the wish as it is. */
  choose(change: ClassWish): void {
    const wish = this.wish ?? {}, index = change.index ?? wish.index ?? this.workbench.prepared?.target.index;
    this.workbench.explain(wishFor({ ...wish, ...change, index }));
  }

  /** Asks why one class and not another. */
  rather(against: number): void {
    this.choose({ against });
  }

  private get wish(): ClassWish | undefined {
    return this.workbench.state ? classWish(this.workbench.state) : {};
  }

  onSubject(): void {
    this.labels.clear();
    this.asked = undefined;
    this.first.setClasses([], false, 0);
    this.second.setClasses([], false, 0);
    replace(this.sentence);
  }

  onPrepared({ prediction, target, outputs = [] }: Prepared): void {
    const { wish } = this;
    // Another output's classes are others.
    if (this.named !== prediction.output) this.labels.clear();
    this.named = prediction.output;
    if (this.asked !== prediction.output) {
      this.remember(prediction.top);
      const complete = prediction.top.length >= prediction.classes;
      for (const chooser of [this.first, this.second]) chooser.setClasses(prediction.top, complete, prediction.classes);
    }
    if (wish?.against === undefined && target.text === undefined) this.labels.set(target.index, target.label);
    this.first.setCurrent(this.labelOf(target.index) || (wish?.against === undefined ? target.label : ''), target.index);
    this.second.setCurrent(wish?.against === undefined ? '' : this.labelOf(wish.against), wish?.against);
    this.space.value = target.space;
    this.outputField.hidden = outputs.length < 2;
    replace(this.output, ...outputs.map((name) => h('vscode-option', { attributes: { value: name, selected: name === prediction.output } }, name)));
    this.output.value = prediction.output;
    // What is more than classes is chosen elsewhere (a box, a region).
    this.fields.hidden = wish === undefined;
    this.back.hidden = wish !== undefined;
    this.say(target);
  }

  onFinished({ record: { target } }: ExplainResult): void {
    this.say(target, target.score);
  }

  private say({ index, label, space }: Prepared['target'], score?: number): void {
    const { wish } = this, strong = (text: string): HTMLElement => h('strong', {}, text);
    const own = this.labelOf(index), against = wish?.against === undefined ? '' : this.labelOf(wish.against);
    const named = own && against ? [strong(own), ` ${t('minus that of')} `, strong(against)] : [strong(label || t('class {0}', index))];
    replace(this.sentence, `${spaceWords(space)} `, ...named, score !== undefined && h('span', { class: 'muted numeric' }, ` = ${formatValue(score)}`));
  }

  private labelOf(index: number): string {
    return this.labels.get(index) ?? '';
  }

  private remember(classes: readonly ClassScore[]): void {
    for (const { index, label } of classes) if (label) this.labels.set(index, label);
  }

  private listClasses(): void {
    const { prepared } = this.workbench, output = prepared?.prediction.output;
    if (!prepared || output === undefined || this.asked === output) return;
    this.asked = output;
    this.workbench.questions.ask('predict', { top: mostClasses, output }).then(({ prediction }) => {
      if (this.asked !== output) return;
      this.remember(prediction.top);
      for (const chooser of [this.first, this.second]) chooser.setClasses(prediction.top, true, prediction.classes);
    }, () => { this.asked = undefined; });
  }
}

const spaces = (): readonly (readonly [Space, string, string])[] => [
  ['logit', t('Score (logit)'), t('Before the last softmax or sigmoid: changes with the evidence, also where the model is sure')],
  ['probability', t('Probability'), t('After it: also falls where other classes rise, and hardly moves where the model is sure')],
  ['output', t('Output as it is'), t('What the model returns')],
];

function spaceWords(space: string): string {
  return space === 'probability' ? t('The probability of') : space === 'output' ? t('The output of') : t('The score (logit) of');
}
