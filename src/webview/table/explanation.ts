/** Everything the page finds out about a table, in the order people want it: what matters, then what each feature does. */
import type { Curve, ExplainTableParams, ExplainTableResult, Importance, TableFinding } from '../../protocol/table';
import type { Effects } from './effectChart';
import type { TableSession } from './tab';

export type Part = 'importance' | 'pdp' | 'ale';

/** How many features have their effects computed without being asked for: the most important. */
export const featuresAhead = 30;
/** Rows effects are averaged over at most, so that a long table answers soon. */
export const effectRows = 1000;

const parts: Readonly<Record<Part, Pick<ExplainTableParams, 'method' | 'preset' | 'parameters'>>> = {
  importance: { method: 'permutation-importance', parameters: { maxRows: 5000 } },
  pdp: { method: 'pdp', parameters: { centred: true, gridResolution: 40, iceRows: 40, maxRows: effectRows } },
  ale: { method: 'ale', parameters: { maxRows: 5000 } },
};

export interface ExplanationEvents {
  progress(part: Part, done: number, total: number): void;
  importance(found: Importance, ended: boolean): void;
  effects(effects: ReadonlyMap<number, Effects>): void;
  /** A part is done: how it came to its figures. */
  record(part: Part, result: ExplainTableResult): void;
}

export class Explanation {
  readonly effects = new Map<number, Effects>();

  constructor(private readonly session: TableSession, private readonly events: ExplanationEvents, private readonly signal: AbortSignal) {}

  /** @param sorted the features in the order of their importance, once it is known. */
  async run(sorted: () => readonly number[]): Promise<void> {
    await this.part('importance', [], this.signal, (finding, ended) => { if (finding.kind === 'importance') this.events.importance(finding, ended); });
    await this.effectsOf(sorted().slice(0, featuresAhead));
  }

  /** Curves of features that have none yet. */
  async effectsOf(features: readonly number[], signal = this.signal): Promise<void> {
    const all = this.session.features, wanted = features.filter((feature) => !this.effects.has(feature));
    const ordered = wanted.filter((feature) => all[feature]!.kind !== 'category');
    if (wanted.length > 0) await this.part('pdp', wanted, signal, (finding) => this.merge(finding, (curve, before) => ({ ...before, pdp: curve })));
    if (ordered.length > 0) await this.part('ale', ordered, signal, (finding) => this.merge(finding, (curve, before) => ({ ...before, ale: curve })));
  }

  private merge(finding: TableFinding, into: (curve: Curve, before: Effects | undefined) => Effects): void {
    if (finding.kind !== 'curves') return;
    for (const curve of finding.curves) this.effects.set(curve.feature, into(curve, this.effects.get(curve.feature)));
    this.events.effects(this.effects);
  }

  private async part(part: Part, features: readonly number[], signal: AbortSignal, take: (finding: TableFinding, ended: boolean) => void): Promise<void> {
    this.events.progress(part, 0, 0);
    const asked = { ...parts[part], ...(features.length > 0 && { features: features.map((feature) => this.session.features[feature]!.name) }) };
    const result = await this.session.explain(asked, signal, (value) => {
      if (value.type !== 'partial') return;
      this.events.progress(part, value.done, value.total);
      if (value.finding) take(value.finding, false);
    });
    take(result.finding, true);
    this.events.record(part, result);
  }
}
