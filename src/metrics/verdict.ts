/** All figures together, in plain words: whether the map says something about the model, and why one may think so. */
import type { Figure } from './figure';
import type { Property } from './metric';

/** A sentence whose holes {0}, {1} … are filled by `values`, so that it can be said in any language. */
export interface Words {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

export type TrustLevel = 'good' | 'mixed' | 'poor' | 'unknown';

export interface Verdict {
  readonly level: TrustLevel;
  readonly headline: Words;
  readonly reasons: readonly (Words & { readonly speaks: 'for' | 'against' })[];
}

/** Every sentence a verdict can say: for translators. */
export const verdictTexts = {
  good: 'This map says something about the model.',
  mixed: 'Take this map with care.',
  poor: 'Do not rely on this map.',
  unknown: 'Nothing could be measured that speaks for or against this map.',
  random: 'Better than a random map in {0} of {1} checks.',
  notRandom: 'No better than a random map in any of {1} checks.',
  edges: 'Better than the picture\'s edges in {0} of {1} checks.',
  notEdges: 'No better than the picture\'s edges in any of {1} checks.',
  randomised: 'Passes the randomised-model check: the map changes when the model\'s weights are random.',
  notRandomised: 'Fails the randomised-model check: the map hardly changes when the model\'s weights are random, so it shows the picture\'s edges rather than the model\'s reasons.',
  steady: 'Steady: noise too weak to be seen changes it by at most {0} of its size.',
  unsteady: 'Unsteady: noise too weak to be seen changes it by {0} of its size.',
  incomplete: 'The values do not add up: they miss the change of the score by {0}.',
  hit: 'Its highest point lies on the object.',
  missed: 'Its highest point misses the object.',
  inside: '{0} of its weight lies on the object, which covers {1} of the picture.',
} as const;

/** Properties whose figures say how well a map tells what counts. */
const telling: readonly Property[] = ['faithfulness', 'localisation'];

export function judge(figures: readonly Figure[]): Verdict {
  const reasons: (Words & { speaks: 'for' | 'against' })[] = [];
  const say = (good: boolean, text: string, ...values: (string | number)[]): void => void reasons.push({ text, values, speaks: good ? 'for' : 'against' });
  const find = (id: string): Figure | undefined => figures.find((figure) => figure.id === id);

  const compared = figures.filter(({ property, againstRandom }) => telling.includes(property) && againstRandom !== undefined);
  const beaten = compared.filter(({ againstRandom }) => againstRandom === 'better').length, half = 2 * beaten >= compared.length;
  if (compared.length > 0) say(half && beaten > 0, beaten > 0 ? verdictTexts.random : verdictTexts.notRandom, beaten, compared.length);
  const edged = compared.filter(({ againstEdges }) => againstEdges !== undefined);
  const ahead = edged.filter(({ againstEdges }) => againstEdges === 'better').length;
  if (edged.length > 0) say(2 * ahead >= edged.length && ahead > 0, ahead > 0 ? verdictTexts.edges : verdictTexts.notEdges, ahead, edged.length);

  const randomised = find('parameter-randomisation')?.passes;
  if (randomised !== undefined) say(randomised, randomised ? verdictTexts.randomised : verdictTexts.notRandomised);
  const sensitivity = find('max-sensitivity');
  if (sensitivity) say(sensitivity.passes!, sensitivity.passes ? verdictTexts.steady : verdictTexts.unsteady, percent(sensitivity.value));
  const whole = find('completeness');
  if (whole && !whole.passes) say(false, verdictTexts.incomplete, percent(whole.value));
  const pointing = find('pointing-game');
  if (pointing) say(pointing.value === 1, pointing.value === 1 ? verdictTexts.hit : verdictTexts.missed);
  const mass = find('mass-in-mask');
  if (mass) say(mass.value > mass.details.area!, verdictTexts.inside, percent(mass.value), percent(mass.details.area!));

  const level = levelOf(compared.length, beaten, randomised, [sensitivity?.passes, whole?.passes]);
  return { level, headline: { text: verdictTexts[level], values: [] }, reasons };
}

function levelOf(compared: number, beaten: number, randomised: boolean | undefined, others: readonly (boolean | undefined)[]): TrustLevel {
  if (randomised === false || (compared > 0 && 2 * beaten < compared)) return 'poor';
  if (compared === 0 && randomised === undefined) return 'unknown';
  return 4 * beaten >= 3 * compared && !others.includes(false) ? 'good' : 'mixed';
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
