/** What guided backpropagation and the deconvolutional network share: one gradient with other rules for rectifiers. */
import type { FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { gradientCheck } from './saliency';

type Kind = 'guided' | 'deconvnet';

/** A method that shows what comes back through changed rectifiers. */
export function rectifiedGradient(kind: Kind, words: Pick<Method, 'id' | 'title' | 'question' | 'source'>): Method {
  return {
    ...words,
    group: 'where-it-looks',
    kinds: ['image', 'table', 'sound', 'tensor'],
    needs: 'gradient',
    hasLayer: false,
    parameters: [],
    presets: { captum: {} },
    reduction: () => 'sum',
    applies: (context) => gradientApplicability(context, { kind }),
    explain: (context) => explain(kind, context),
  };
}

async function* explain(kind: Kind, context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  yield { done: 0, total: 1 };
  const { values, score, checks } = await rectifiedMap(kind, context);
  yield { done: 1, total: 1, partial: values };
  return { values, score, checks };
}

/** The map of one sample in the input's dims, the target's value, and what is to be said about the map. */
export async function rectifiedMap(kind: Kind, context: Pick<MethodContext, 'model' | 'feeds' | 'input' | 'target' | 'signal'>): Promise<{ values: FloatTensor; score: number; checks: SelfCheck[] }> {
  const { scores, gradients, figures } = await context.model.gradients({ feeds: context.feeds, target: context.target, wrt: [context.input], composite: { kind } });
  context.signal.throwIfAborted();
  const values = gradients[context.input]!, score = scores[0]!;
  return { values, score, checks: [gradientCheck(values.data, score, context.target), rectifierCheck(figures.rectifiers?.data[0] ?? 0), randomisationWarning] };
}

function rectifierCheck(count: number): SelfCheck {
  const id = 'rectifiers';
  if (count > 0) return { id, value: count, ok: true, message: `${count} rectifiers let back only what raises the score.` };
  return { id, value: 0, ok: false, message: 'This model has no rectifiers (ReLU and its relatives), so there is nothing to change: the map is the plain gradient.' };
}

/** Adebayo et al. 2018: the map hardly changes when the weights of the upper layers are replaced by random ones. */
const randomisationWarning: SelfCheck = {
  id: 'parameterRandomisation', value: 0, ok: false,
  message: 'This method fails the parameter-randomisation check (Adebayo et al. 2018, arXiv 1810.03292): its maps look much the same for a network whose upper layers are random. It shows edges of the input more than what the class depends on.',
};
