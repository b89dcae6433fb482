/** Everything the page finds out about a table, in the order people want it: what matters, then what each feature does. */
import type { Curve, ExplainTableParams, ExplainTableProgress, ExplainTableResult, Importance, OpenTableResult, Surrogate, TableFinding } from '../../protocol/table';
import type { TableQuestion } from '../../protocol/webview';
import type { Questions } from '../common/ask';
import type { Effects } from './effectChart';

/** What the page leaves to the extension. */
export type TableKnown = 'model' | 'file' | 'device';
export type TableQuestions = Questions<TableQuestion, TableKnown>;

/** What the reader chose. */
export interface Choice {
  /** Column of the label, '' for none; undefined finds it out. */
  readonly label?: string | number;
  readonly target?: number;
  readonly seed: number;
}

export type Part = 'importance' | 'pdp' | 'ale' | 'tree';

/** How many features have their effects computed without being asked for: the most important. */
export const featuresAhead = 30;
/** Rows effects are averaged over at most, so that a long table answers soon. */
export const effectRows = 1000;

const parts: Readonly<Record<Part, Pick<ExplainTableParams, 'method' | 'preset' | 'parameters'>>> = {
  importance: { method: 'permutation-importance', parameters: { maxRows: 5000 } },
  pdp: { method: 'pdp', parameters: { centred: true, gridResolution: 40, iceRows: 40, maxRows: effectRows } },
  ale: { method: 'ale', parameters: { maxRows: 5000 } },
  tree: { method: 'distil' },
};

export interface ExplanationEvents {
  progress(part: Part, done: number, total: number): void;
  importance(found: Importance, ended: boolean): void;
  effects(effects: ReadonlyMap<number, Effects>): void;
  tree(found: Surrogate): void;
  /** A part is done: how it came to its figures. */
  record(part: Part, result: ExplainTableResult): void;
}

export class Explanation {
  readonly effects = new Map<number, Effects>();

  constructor(private readonly questions: TableQuestions, private readonly opened: OpenTableResult, private readonly choice: Choice, private readonly events: ExplanationEvents, private readonly signal: AbortSignal) {}

  /** @param sorted the features in the order of their importance, once it is known. */
  async run(sorted: () => readonly number[]): Promise<void> {
    await this.part('importance', [], (finding, ended) => { if (finding.kind === 'importance') this.events.importance(finding, ended); });
    await this.effectsOf(sorted().slice(0, featuresAhead));
    if (this.applies('distil')) await this.part('tree', [], (finding) => { if (finding.kind === 'surrogate') this.events.tree(finding); });
  }

  /** Curves of features that have none yet. */
  async effectsOf(features: readonly number[]): Promise<void> {
    const all = this.opened.reading!.mapping.features, wanted = features.filter((feature) => !this.effects.has(feature));
    const ordered = wanted.filter((feature) => all[feature]!.feature.kind !== 'category');
    if (wanted.length > 0) await this.part('pdp', wanted, (finding) => this.merge(finding, (curve, before) => ({ ...before, pdp: curve })));
    if (ordered.length > 0) await this.part('ale', ordered, (finding) => this.merge(finding, (curve, before) => ({ ...before, ale: curve })));
  }

  private merge(finding: TableFinding, into: (curve: Curve, before: Effects | undefined) => Effects): void {
    if (finding.kind !== 'curves') return;
    for (const curve of finding.curves) this.effects.set(curve.feature, into(curve, this.effects.get(curve.feature)));
    this.events.effects(this.effects);
  }

  private applies(method: string): boolean {
    return this.opened.methods.some(({ id, applies }) => id === method && applies);
  }

  private async part(part: Part, features: readonly number[], take: (finding: TableFinding, ended: boolean) => void): Promise<void> {
    const onProgress = (value: ExplainTableProgress): void => {
      if (value.type !== 'partial') return;
      this.events.progress(part, value.done, value.total);
      if (value.finding) take(value.finding, false);
    };
    this.events.progress(part, 0, 0);
    const { label, target, seed } = this.choice, names = this.opened.reading!.mapping.features;
    const asked = { ...parts[part], seed, ...(label !== undefined && { label }), ...(target !== undefined && { target }), ...(features.length > 0 && { features: features.map((feature) => names[feature]!.feature.name) }) };
    const result = await this.questions.ask('explainTable', asked, this.signal, onProgress);
    take(result.finding, true);
    this.events.record(part, result);
  }
}
