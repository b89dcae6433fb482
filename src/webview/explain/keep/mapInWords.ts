/** What a map shows, in a sentence: for those who cannot see it, and for those who want to quote it. */
import type { HeatMap } from '../../../protocol/engine';
import { whereInMap, type MapPlace } from '../../../tensor/whereInMap';
import { h } from '../../common/dom';
import { formatPercent } from '../../common/format';
import { t } from '../../common/strings';
import type { Part } from '../workbench';

/** A whole sentence a place: languages differ in how they say where. */
function mostlyAt(place: MapPlace, share: string): string {
  switch (place) {
    case 'upper left': return t('Most of the evidence, {0}, lies in the upper left.', share);
    case 'upper right': return t('Most of the evidence, {0}, lies in the upper right.', share);
    case 'lower left': return t('Most of the evidence, {0}, lies in the lower left.', share);
    case 'lower right': return t('Most of the evidence, {0}, lies in the lower right.', share);
    case 'centre': return t('Most of the evidence, {0}, lies in the centre.', share);
    case 'upper half': return t('Most of the evidence, {0}, lies in the upper half.', share);
    case 'lower half': return t('Most of the evidence, {0}, lies in the lower half.', share);
    case 'left half': return t('Most of the evidence, {0}, lies in the left half.', share);
    case 'right half': return t('Most of the evidence, {0}, lies in the right half.', share);
    case 'everywhere': return t('The evidence is spread over the picture; no part holds most of it.');
  }
}

/** The sentences for a finished map. */
export function mapInWords(map: HeatMap): string {
  const found = whereInMap(map);
  if (!found) return t('Nothing in this map speaks for it.');
  return [
    mostlyAt(found.place, formatPercent(found.share)),
    t('Half of it covers {0} of the area.', formatPercent(found.halfArea)),
    ...(found.against > 0.005 ? [t('{0} of all evidence is against it.', formatPercent(found.against))] : []),
  ].join(' ');
}

/** The sentence below the picture; the picture's own description holds it too. */
export function mapInWordsPart(): Part {
  const element = h('p', { class: 'map-words muted', attributes: { hidden: true } });
  const say = (map: HeatMap | undefined): void => {
    element.hidden = !map;
    element.textContent = map ? mapInWords(map) : '';
  };
  return {
    place: 'below', element,
    onStarted: () => say(undefined),
    onSubject: () => say(undefined),
    onFinished: ({ map }) => say(map),
  };
}
