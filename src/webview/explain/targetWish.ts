/** The target as the page's choosers have it, and as it is asked for. */
import type { TargetChoice } from '../../protocol/engine';
import type { ExplainWishes } from '../../protocol/webview';

export type Space = NonNullable<TargetChoice['space']>;

/** One class, or one rather than another. */
export interface ClassWish {
  /** Undefined: the class the model thinks most likely. */
  readonly index?: number;
  /** The class whose score is subtracted. */
  readonly against?: number;
  readonly space?: Space;
  readonly output?: string;
}

/** The wish behind what is asked for; undefined where that is more than classes (a box, a region, any value). */
export function classWish({ target, targetClass }: Pick<ExplainWishes, 'target' | 'targetClass'>): ClassWish | undefined {
  if (!target) return targetClass === undefined ? {} : { index: targetClass };
  const { class: name, space, output } = target, rest = { ...(space && { space }), ...(output !== undefined && { output }) };
  if (name === undefined) return rest;
  if (typeof name === 'number') return { index: name, ...rest };
  const two = /^(\d+)-(\d+)$/.exec(name);
  return two ? { index: Number(two[1]), against: Number(two[2]), ...rest } : undefined;
}

/** What to ask for. A class minus itself is the class alone. */
export function wishFor({ index, against, space, output }: ClassWish): Pick<ExplainWishes, 'target' | 'targetClass'> {
  const contrast = against !== undefined && index !== undefined && against !== index;
  if (!contrast && space === undefined && output === undefined) return { targetClass: index, target: undefined };
  return {
    targetClass: index,
    target: { ...(index !== undefined && { class: contrast ? `${index}-${against}` : index }), ...(space && { space }), ...(output !== undefined && { output }) },
  };
}
