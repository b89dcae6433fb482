/** What a person can do about a map that says little: why it is so, in words, and explanations that would say more. */
import type { ExplainResult, HeatMap, MethodInfo } from '../../protocol/engine';
import type { ExplainWishes } from '../../protocol/webview';
import { formatPercent } from '../common/format';
import { t } from '../common/strings';
import { classWish, wishFor, type ClassWish } from './targetWish';

export interface AdviceAction {
  readonly label: string;
  readonly change: Partial<ExplainWishes>;
}

export interface Advice {
  readonly id: 'flat' | 'againstOnly' | 'saturated' | 'incomplete' | 'unsettled' | 'close';
  readonly words: string;
  readonly actions: readonly AdviceAction[];
}

export interface Situation {
  readonly result: ExplainResult;
  readonly wishes: ExplainWishes;
  readonly methods: readonly MethodInfo[];
  /** Value names of layers with a grid, in topological order. */
  readonly layers: readonly string[];
}

/** Below this share of its largest value, what a map's values differ by is rounding. */
const flatness = 1e-4;
const saturation = 0.995;
/** Two classes nearer than this are worth comparing. */
const closeMargin = 0.15;
const moreSteps = 4;

/** The most urgent first; empty for a map that speaks for itself. */
export function adviceOn(situation: Situation): readonly Advice[] {
  const { map } = situation.result;
  const advice = [map && isFlat(map) ? flatMap(situation) : saturated(situation), incomplete(situation), unsettled(situation), close(situation)];
  return advice.filter((each) => each !== undefined).slice(0, 2);
}

/** Whether all of a map's values are the same, as far as rounding lets one say. */
export function isFlat({ values }: Pick<HeatMap, 'values'>): boolean {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return !(high - low > flatness * Math.max(Math.abs(low), Math.abs(high)));
}

function flatMap(situation: Situation): Advice {
  const { result: { record }, wishes, layers } = situation, { target, checks } = record;
  const raw = checks.find(({ id }) => id === 'maxAbsMap');
  if (raw && raw.value > 0 && record.parameters.relu === true) {
    return {
      id: 'againstOnly', words: t('Nothing here speaks for it, only against it, and what speaks against it was left out.'),
      actions: [{ label: t('Show what speaks against it'), change: { parameters: { ...wishes.parameters, relu: false } } }],
    };
  }
  const probability = target.space === 'probability' ? target.score : undefined;
  const words = probability === undefined ? t('The map is the same everywhere: small changes of the picture do not move this value here.')
    : t('The map is the same everywhere: at a probability of {0} there is hardly a slope left.', formatPercent(probability));
  const other = record.layer === undefined ? undefined : layers.filter((value) => value !== record.layer).at(-1);
  return {
    id: 'flat', words,
    actions: [
      ...(probability === undefined ? [] : [logit(wishes)]),
      ...(other === undefined ? [] : [{ label: t('Take another layer'), change: { layer: other } }]),
      ...switches(situation, ['integrated-gradients', 'occlusion']),
    ].slice(0, 3),
  };
}

/** A probability near 1 has a slope that is rounding more than evidence. */
function saturated({ result: { record }, wishes }: Situation): Advice | undefined {
  const { space, score } = record.target;
  if (space !== 'probability' || !(score > saturation)) return undefined;
  return { id: 'saturated', words: t('At a probability of {0} the slope is small, and other classes share in it.', formatPercent(score)), actions: [logit(wishes)] };
}

function logit(wishes: ExplainWishes): AdviceAction {
  const wish = classWish(wishes);
  return { label: t('Explain the score (logit) instead'), change: wish ? wishFor({ ...wish, space: undefined }) : { target: { ...wishes.target, space: 'logit' } } };
}

function switches({ methods, wishes }: Situation, ids: readonly string[]): AdviceAction[] {
  return ids.flatMap((id) => {
    const method = methods.find((each) => each.id === id && each.applies && id !== wishes.method);
    return method ? [{ label: t('Try {0}', t(method.title)), change: { method: id } }] : [];
  });
}

/** Attributions that do not add up: more steps. */
function incomplete({ result: { record }, wishes }: Situation): Advice | undefined {
  const check = record.checks.find(({ id, ok }) => id === 'completenessDelta' && !ok);
  const name = record.parameters.nSteps === 0 && 'maxSteps' in record.parameters ? 'maxSteps' : 'nSteps', steps = record.parameters[name];
  if (!check || typeof steps !== 'number') return undefined;
  const more = Math.min(10_000, steps * moreSteps);
  return more > steps ? { id: 'incomplete', words: t('The parts do not add up to the whole: the path was walked in steps too wide.'), actions: [{ label: t('Take up to {0} steps', more), change: { parameters: { ...wishes.parameters, [name]: more } } }] } : undefined;
}

/** An estimate that still moves: more draws. */
function unsettled({ result: { record }, wishes }: Situation): Advice | undefined {
  const check = record.checks.find(({ id, ok }) => id === 'standardError' && !ok);
  const name = record.parameters.nSamples === 0 && 'maxSamples' in record.parameters ? 'maxSamples' : 'nSamples', draws = record.parameters[name];
  if (!check || typeof draws !== 'number' || draws === 0) return undefined;
  const more = Math.min(100_000, draws * moreSteps);
  return more > draws ? { id: 'unsettled', words: t('The estimate had not settled when it ended.'), actions: [{ label: t('Take up to {0} draws', more), change: { parameters: { ...wishes.parameters, [name]: more } } }] } : undefined;
}

/** Two classes that are nearly equally likely: what tells them apart is the better question. */
function close({ result: { record: { prediction, target } }, wishes }: Situation): Advice | undefined {
  const [first, second] = prediction.top, wish: ClassWish | undefined = classWish(wishes);
  if (!first || !second || !wish || wish.against !== undefined || prediction.margin === null || prediction.margin > closeMargin || target.index !== first.index) return undefined;
  return {
    id: 'close', words: t('“{0}” is nearly as likely as “{1}”.', second.label || second.index, first.label || first.index),
    actions: [{ label: t('What tells them apart?'), change: wishFor({ ...wish, index: first.index, against: second.index }) }],
  };
}
