/** Where the picture lies in the room there is: once, or twice side by side. */

/** In CSS pixels of the canvas; `scale` CSS pixels are one pixel of the picture. */
export interface Placement { readonly left: number; readonly top: number; readonly scale: number }
interface Size { readonly width: number; readonly height: number }

const margin = 16, gap = 12, largestScale = 6;

/** One place for the picture, or two: beside each other or one above the other, whichever makes them larger. */
export function placePicture(room: Size, picture: Size, count: 1 | 2): readonly Placement[] {
  const fit = (columns: number, rows: number): number => Math.max(0.01, Math.min(
    (room.width - 2 * margin - (columns - 1) * gap) / columns / picture.width, (room.height - 2 * margin - (rows - 1) * gap) / rows / picture.height, largestScale));
  const beside = count === 1 || fit(2, 1) >= fit(1, 2), scale = count === 1 ? fit(1, 1) : beside ? fit(2, 1) : fit(1, 2);
  const width = picture.width * scale, height = picture.height * scale;
  const all = beside ? { width: count * width + (count - 1) * gap, height } : { width, height: count * height + (count - 1) * gap };
  const left = (room.width - all.width) / 2, top = (room.height - all.height) / 2;
  return Array.from({ length: count }, (_, at) => ({ left: left + (beside ? at * (width + gap) : 0), top: top + (beside ? 0 : at * (height + gap)), scale }));
}

/** The place a point lies in, or the nearest one. */
export function placeAt(places: readonly Placement[], picture: Size, x: number, y: number): Placement | undefined {
  const far = ({ left, top, scale }: Placement): number => {
    const dx = Math.max(left - x, 0, x - left - picture.width * scale), dy = Math.max(top - y, 0, y - top - picture.height * scale);
    return dx * dx + dy * dy;
  };
  return places.length < 2 || far(places[0]!) <= far(places[1]!) ? places[0] : places[1];
}
