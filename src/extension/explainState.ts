/** The state of an explain panel: how it begins, and what VS Code hands back after a window reload. */
import type { ExplainPanelState } from '../protocol/webview';
import type { Services } from './services';
import { methodSetting, viewSetting } from './settings';

export function initialState({ memory }: Services, image: string, model: string): ExplainPanelState {
  return { image, model, method: memory.method ?? methodSetting(), view: memory.view ?? viewSetting() };
}

/** The saved state if it is one; pages of other versions may have written something else. */
export function restoredState(saved: unknown): ExplainPanelState | undefined {
  if (typeof saved !== 'object' || saved === null) return undefined;
  const { image, model, method, preset, targetClass, layer, view } = saved as Record<string, unknown>;
  if (typeof image !== 'string' || typeof model !== 'string' || typeof method !== 'string') return undefined;
  const { opacity, colorMap, signed } = (typeof view === 'object' && view !== null ? view : {}) as Record<string, unknown>;
  const standard = viewSetting();
  return {
    image, model, method,
    preset: typeof preset === 'string' ? preset : undefined,
    targetClass: Number.isInteger(targetClass) ? (targetClass as number) : undefined,
    layer: typeof layer === 'string' ? layer : undefined,
    view: {
      opacity: typeof opacity === 'number' ? Math.min(1, Math.max(0, opacity)) : standard.opacity,
      colorMap: typeof colorMap === 'string' ? colorMap : standard.colorMap,
      signed: typeof signed === 'boolean' ? signed : standard.signed,
    },
  };
}
