/** Ways to keep the finished explanation: as files, as a report, as a picture, and on the clipboard. */
import type { KeepForm } from '../../../protocol/keep';
import { colorMaps, type ColorMapName } from '../../../tensor/colormap';
import type { HeatMapColors } from '../../../tensor/heatmap';
import { h } from '../../common/dom';
import { icon } from '../../common/icons';
import { openMenu, type MenuItem } from '../../common/menu';
import { t } from '../../common/strings';
import type { Part, Workbench } from '../workbench';

export function keepPart(workbench: Workbench): Part {
  const button = h('button', { class: 'icon-button keep', title: t('Keep…'), attributes: { type: 'button', 'aria-label': t('Keep…'), 'aria-haspopup': 'menu', 'aria-expanded': 'false' } }, icon('report'));
  button.disabled = true;
  const keep = (form: KeepForm): void => workbench.post({ type: 'keep', form, colors: colorsOf(workbench), sections: workbench.reportSections() });
  const items = (): MenuItem[] => [
    { label: t('Report (HTML)…'), run: () => keep('html') },
    { label: t('Files (JSON, .npy, PNG)…'), run: () => keep('folder') },
    { label: t('Picture and map as layers (SVG)…'), run: () => keep('svg') },
    'separator',
    { label: t('Copy the picture'), run: () => void copyPicture(workbench) },
  ];
  button.addEventListener('click', () => openMenu(items(), button));
  return {
    place: 'bar', element: button,
    onStarted: () => { button.disabled = true; },
    onStopped: () => { button.disabled = true; },
    onFinished: () => { button.disabled = false; },
  };
}

/** The picture with its map, onto the clipboard. */
async function copyPicture(workbench: Workbench): Promise<void> {
  const bytes = await workbench.picture.toPng();
  if (!bytes) return;
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([new Uint8Array(bytes)], { type: 'image/png' }) })]);
    workbench.announce(t('The picture was copied.'));
  } catch {
    // Some windows have no clipboard for pictures: a file is the next best.
    workbench.announce(t('This window cannot copy pictures; save it instead.'));
    workbench.post({ type: 'savePng', bytes });
  }
}

/** As the map is looked at. */
function colorsOf({ state }: Workbench): HeatMapColors {
  if (!state) return {};
  const { colorMap, signed, opacity } = state.view;
  return { ...(Object.hasOwn(colorMaps, colorMap) && { colorMap: colorMap as ColorMapName }), ...(!signed && { signed }), opacity };
}
