/** The parts of a node's details that are lists: attributes, values, operators. */
import type { LayerDetails, NodeReference, ValueDetails } from '../../../protocol/details';
import { append, h } from '../../common/dom';
import { compactDims } from '../../common/format';
import { t } from '../../common/strings';

/** Lists are cut here until somebody asks for the rest. */
const shownFirst = 60;
/** More settings that nobody changed are folded away. */
const defaultsShown = 3;

/** A heading and what is under it. */
export function section(title: string, ...content: readonly (Node | false | undefined)[]): HTMLElement {
  return h('section', { class: 'details-section' }, h('h3', {}, title), ...content);
}

export function attributeTable(attributes: LayerDetails['attributes']): HTMLElement {
  const given = attributes.filter(({ isDefault }) => !isDefault), defaults = attributes.filter(({ isDefault }) => isDefault);
  const row = ({ name, value, documentation, isDefault }: LayerDetails['attributes'][number]): HTMLElement => h('div', { class: isDefault ? 'attribute default' : 'attribute' },
    h('dt', { class: 'mono' }, name),
    h('dd', {}, h('span', { class: 'attribute-value mono' }, value === '' ? '“”' : value), isDefault && h('span', { class: 'badge' }, t('default')), documentation !== undefined && h('span', { class: 'attribute-meaning' }, documentation)));
  if (defaults.length <= defaultsShown) return h('dl', { class: 'attributes' }, ...given.map(row), ...defaults.map(row));
  return h('div', {},
    h('dl', { class: 'attributes' }, ...given.map(row)),
    h('details', { class: 'defaults' }, h('summary', {}, t('{0} more, as they are by default', defaults.length)), h('dl', { class: 'attributes' }, ...defaults.map(row))));
}

/** @param way says what the nodes of a value do: 'from', 'to'. */
export function valueList(values: readonly ValueDetails[], way: string, stored: ReadonlySet<string>, onJump: (key: string) => void): HTMLElement {
  return longList('values-list', values, (value) => h('li', { class: 'value' },
    h('span', { class: 'role mono' }, value.role),
    h('div', { class: 'value-text' },
      h('div', { class: 'value-line' }, h('span', { class: 'mono value-name' }, value.name)),
      h('div', { class: 'value-line' }, h('span', { class: 'mono dims' }, `${value.dtype} ${compactDims(value.dims)}`)),
      value.nodes.length > 0
        ? h('div', { class: 'value-line' }, h('span', { class: 'muted' }, way), jumpList(value.nodes, onJump))
        : stored.has(value.name) && h('div', { class: 'value-line muted' }, t('stored, see below')))));
}

function jumpList(nodes: readonly NodeReference[], onJump: (key: string) => void): HTMLElement {
  return longList('jumps', nodes, ({ key, name, type }) => {
    const label = name === '' ? type : name;
    const jump = h('button', { class: 'jump', title: t('Go to {0} ({1})', label, type), attributes: { type: 'button' } }, h('span', { class: 'jump-name' }, label), name !== '' && h('span', { class: 'jump-type muted' }, type));
    jump.addEventListener('click', () => onJump(key));
    return h('li', {}, jump);
  }, 8);
}

export function operatorList(operators: LayerDetails['operators']): HTMLElement {
  return longList('operators', operators, ({ name, type }) => h('li', {}, h('span', { class: 'operator-type' }, type), h('span', { class: 'muted mono operator-name', title: name }, name)), 12);
}

/** A list whose end is shown when it is asked for. */
export function longList<T>(className: string, items: readonly T[], element: (item: T) => HTMLElement, first = shownFirst): HTMLElement {
  const list = h('ul', { class: className }, ...items.slice(0, first).map(element));
  if (items.length <= first) return list;
  const more = h('button', { class: 'more', attributes: { type: 'button' } }, t('and {0} more', items.length - first));
  const item = h('li', {}, more);
  more.addEventListener('click', () => {
    item.remove();
    append(list, ...items.slice(first).map(element));
  });
  list.append(item);
  return list;
}
