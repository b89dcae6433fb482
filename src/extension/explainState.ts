/** The state of an explain panel: how it begins, and what VS Code hands back after a window reload. */
import type { ExplainPanelState, ExplainWishes, ViewMode } from '../protocol/webview';
import type { Services } from './services';
import { methodSetting, viewSetting } from './settings';

const viewModes: readonly ViewMode[] = ['overlay', 'sideBySide', 'slider', 'contour', 'masked'];

export function initialState({ memory }: Services, image: string, model: string): ExplainPanelState {
  return { image, model, method: memory.method ?? methodSetting(), view: memory.view ?? viewSetting() };
}

/** The part of a state, or of a message, that says what is explained and how. */
export function wishesOf({ method, preset, parameters, targetClass, target, layer, seed, preprocessing }: ExplainWishes): ExplainWishes {
  return { method, preset, parameters, targetClass, target, layer, seed, preprocessing };
}

/** The saved state if it is one; pages of other versions may have written something else. */
export function restoredState(saved: unknown): ExplainPanelState | undefined {
  if (typeof saved !== 'object' || saved === null) return undefined;
  const { image, model, method, preset, parameters, targetClass, target, layer, seed, preprocessing, view } = saved as Record<string, unknown>;
  if (typeof image !== 'string' || typeof model !== 'string' || typeof method !== 'string') return undefined;
  const { opacity, colorMap, signed, mode, smooth, strongest, split } = (typeof view === 'object' && view !== null ? view : {}) as Record<string, unknown>;
  const standard = viewSetting();
  return {
    image, model, method,
    preset: typeof preset === 'string' ? preset : undefined,
    parameters: plainObject(parameters),
    targetClass: Number.isInteger(targetClass) ? (targetClass as number) : undefined,
    target: plainObject(target),
    layer: typeof layer === 'string' ? layer : undefined,
    seed: Number.isSafeInteger(seed) ? (seed as number) : undefined,
    preprocessing: plainObject(preprocessing),
    view: {
      opacity: typeof opacity === 'number' ? Math.min(1, Math.max(0, opacity)) : standard.opacity,
      colorMap: typeof colorMap === 'string' ? colorMap : standard.colorMap,
      signed: typeof signed === 'boolean' ? signed : standard.signed,
      ...(viewModes.includes(mode as ViewMode) && { mode: mode as ViewMode }),
      smooth: smooth === true,
      ...(isShare(strongest) && { strongest }),
      ...(isShare(split) && { split }),
    },
  };
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/** What the engine checks in detail when it is asked: here it need only be an object. */
function plainObject<T extends object>(value: unknown): T | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as T) : undefined;
}
