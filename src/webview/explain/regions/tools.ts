/** The pointer and the keys as box, brush and superpixel chooser. */
import type { PicturePoint, PictureTool } from '../pictureView';
import { nextRegion, type Cell } from './mask';
import type { Selection } from './selection';

export type ToolName = 'box' | 'brush' | 'superpixel';

export interface ToolEvents {
  /** The mask has changed; `done`: a step has ended. */
  onChange(done: boolean): void;
  /** The keys have reached a region. */
  onReach(region: number): void;
  undo(): void;
  leave(): void;
}

const arrows: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Keys all tools know: undo, and the way out. */
function commonKey(event: KeyboardEvent, events: ToolEvents): boolean {
  if (event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey)) events.undo();
  else if (event.key === 'Escape') events.leave();
  else return false;
  return true;
}

const presses = (event: KeyboardEvent): boolean => event.key === ' ' || event.key === 'Enter';

/** @param radius of the brush, in cells of the mask. */
export function toolFor(name: ToolName, selection: Selection, radius: () => number, events: ToolEvents): PictureTool {
  switch (name) {
    case 'box': return boxTool(selection, events);
    case 'brush': return brushTool(selection, radius, events);
    case 'superpixel': return superpixelTool(selection, events);
  }
}

/** A drag chooses all between its ends; with Alt it takes away. With keys: a press at each of two corners. */
function boxTool(selection: Selection, events: ToolEvents): PictureTool {
  const { mask } = selection;
  let corner: Cell | undefined, value: 0 | 1 = 1;
  const draw = (at: PicturePoint, done: boolean): void => {
    mask.restart();
    mask.box(corner!, selection.cellAt(at), value);
    if (done) { mask.end(); corner = undefined; }
    events.onChange(done);
  };
  return {
    cursor: 'crosshair',
    down: (at, event) => {
      corner = selection.cellAt(at);
      value = event.altKey ? 0 : 1;
      mask.begin();
      return true;
    },
    move: (at, dragging) => { if (dragging && corner) draw(at, false); },
    up: (at) => { if (corner) draw(at, true); },
    key: (event, at) => {
      if (commonKey(event, events)) return true;
      if (!presses(event) || !at) return false;
      if (corner) draw(at, true);
      else {
        corner = selection.cellAt(at);
        value = event.altKey ? 0 : 1;
        mask.begin();
      }
      return true;
    },
  };
}

/** Paints; with Alt it wipes. With keys: a press paints where the cursor is. */
function brushTool(selection: Selection, radius: () => number, events: ToolEvents): PictureTool {
  const { mask } = selection;
  let last: Cell | undefined, value: 0 | 1 = 1;
  const paint = (at: PicturePoint): void => {
    const cell = selection.cellAt(at);
    mask.stroke(last ?? cell, cell, radius(), value);
    last = cell;
  };
  const dab = (at: PicturePoint, wipes: boolean): void => {
    mask.begin();
    last = undefined;
    value = wipes ? 0 : 1;
    paint(at);
  };
  return {
    cursor: 'crosshair',
    down: (at, event) => { dab(at, event.altKey); events.onChange(false); return true; },
    move: (at, dragging) => { if (dragging) { paint(at); events.onChange(false); } },
    up: () => { mask.end(); events.onChange(true); },
    key: (event, at) => {
      if (commonKey(event, events)) return true;
      if (!presses(event) || !at) return false;
      dab(at, event.altKey);
      mask.end();
      events.onChange(true);
      return true;
    },
  };
}

/** A click takes a region or gives it back, a drag does the same to all it crosses; the arrow keys go from one to the next. */
function superpixelTool(selection: Selection, events: ToolEvents): PictureTool {
  const { mask, labels } = selection;
  let value: 0 | 1 = 1;
  const hover = (region: number | undefined): void => {
    if (region === selection.hovered) return;
    selection.hovered = region;
    selection.changed();
  };
  const take = (region: number): void => {
    mask.region(labels, region, value);
    events.onChange(false);
  };
  return {
    cursor: 'pointer',
    down: (at) => {
      const region = selection.regionAt(at);
      if (region === undefined) return false;
      value = selection.isChosen(region) ? 0 : 1;
      mask.begin();
      take(region);
      return true;
    },
    move: (at, dragging) => {
      const region = selection.regionAt(at);
      hover(region);
      if (dragging && region !== undefined && selection.isChosen(region) !== (value === 1)) take(region);
    },
    up: () => { mask.end(); events.onChange(true); },
    leave: () => hover(undefined),
    key: (event, at) => {
      if (commonKey(event, events)) return true;
      const current = selection.hovered ?? (at && selection.regionAt(at)) ?? middle(selection), way = arrows[event.key];
      if (way) {
        const next = selection.hovered === undefined ? current : nextRegion(selection.centres, current, way[0], way[1]) ?? current;
        hover(next);
        events.onReach(next);
        return true;
      }
      if (!presses(event)) return false;
      value = selection.isChosen(current) ? 0 : 1;
      hover(current);
      mask.begin();
      mask.region(labels, current, value);
      mask.end();
      events.onChange(true);
      return true;
    },
  };
}

function middle({ mask, labels }: Selection): number {
  return labels[Math.floor(mask.height / 2) * mask.width + Math.floor(mask.width / 2)] ?? 0;
}
