/** A Keras layer's config as people read it; settings that are as Keras has them anyway come last. */
import { listText, numberText, shortText } from '../../graph/attributeText';
import { kerasSetting } from '../../graph/documentation';
import type { DeclaredLayer } from '../../graph/graph';
import type { LayerDetails } from '../../protocol/details';

export function settingsOf({ config, type }: DeclaredLayer): LayerDetails['attributes'] {
  const settings = Object.entries(config ?? {}).filter(([name]) => name !== 'name').map(([name, value]) => {
    const known = kerasSetting(name);
    const isDefault = known?.preset !== undefined && isPreset(value, known.preset);
    return { name, value: settingText(name, value, type), ...(known && { documentation: known.phrase }), ...(isDefault && { isDefault }) };
  });
  return [...settings.filter(({ isDefault }) => !isDefault), ...settings.filter(({ isDefault }) => isDefault)];
}

/** A list of one and the same number counts as that number, a policy of types as its type. */
function isPreset(value: unknown, preset: string): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => JSON.stringify(item) === preset);
  return JSON.stringify(value) === preset || `"${policyType(value)}"` === preset;
}

/** Keras 3 wraps types: {class_name: 'DTypePolicy', config: {name: 'float32'}}. */
function policyType(value: unknown): string | undefined {
  const { class_name: type, config } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const name = typeof config === 'object' && config !== null ? (config as Readonly<Record<string, unknown>>).name : undefined;
  return type === 'DTypePolicy' && typeof name === 'string' ? name : undefined;
}

function settingText(name: string, value: unknown, type: string): string {
  if (type === 'Lambda' && name === 'function') return 'Python code, not shown and never run';
  if (name === 'layers' && Array.isArray(value)) return `${value.length} layers`;
  return jsonText(value, 0);
}

/** JSON in few words: {class_name, config} of Keras as 'HeNormal(seed=1)'. */
function jsonText(value: unknown, depth: number): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return shortText(value);
  if (typeof value !== 'object') return String(value);
  if (depth > 3) return '…';
  if (Array.isArray(value)) return listText(value, (item) => jsonText(item, depth + 1));
  const policy = policyType(value);
  if (policy !== undefined) return shortText(policy);
  const object = value as Readonly<Record<string, unknown>>;
  const named = typeof object.class_name === 'string' ? object.class_name : undefined;
  const inner = named !== undefined ? object.config : object;
  const entries = Object.entries(typeof inner === 'object' && inner !== null ? inner : {}).filter(([, item]) => item !== null);
  const text = entries.slice(0, 12).map(([key, item]) => `${key}=${jsonText(item, depth + 1)}`).join(', ');
  return shortText(named !== undefined ? (text === '' ? named : `${named}(${text})`) : `{${text}}`);
}
