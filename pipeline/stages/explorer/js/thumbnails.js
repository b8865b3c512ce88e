// Thumbnails on the map, where there is room for them.

const THUMBNAIL_SIDE = 36; // longer side, in CSS pixels
const THUMBNAIL_SPACING = 46;
const MAX_IMAGES_PER_THUMBNAIL = 6; // where more images are crowded, thumbnails would hide the points

const thumbnailScale = THUMBNAIL_SIDE / Math.max(thumbnailWidth, thumbnailHeight);
const mapThumbnail = { width: thumbnailWidth * thumbnailScale, height: thumbnailHeight * thumbnailScale };

/** @type {Set<number>} Images that the last frame shows as thumbnails. */
const shownAsThumbnail = new Set();

/** @param {number} i */
const randomRank = (i) => Math.imul(i + 1, 0x9e3779b1) >>> 0; // the same in each frame

/**
 * The images to show, at most one for each cell of a grid that is fixed to the map, so that they do not change while
 * panning; the pinned image and its neighbours come first. Null where images are too crowded.
 */
function chooseThumbnails() {
  const cellSize = 2 ** Math.ceil(Math.log2(THUMBNAIL_SPACING / view.scale));
  /** @type {Map<string, number>} */
  const cells = new Map();
  let count = 0;
  forEachIn(rectangleInView(THUMBNAIL_SPACING), (i) => {
    count++;
    const key = `${Math.floor(columns.x[i] / cellSize)} ${Math.floor(columns.y[i] / cellSize)}`;
    const other = cells.get(key);
    if (other === undefined || randomRank(i) < randomRank(other)) cells.set(key, i);
  });
  if (count > MAX_IMAGES_PER_THUMBNAIL * Math.max(cells.size, 1)) return null;
  /** @type {number[]} */
  const images = [];
  const overlaps = (/** @type {number} */ i, /** @type {number} */ j) => {
    const distance = Math.max(Math.abs(columns.x[i] - columns.x[j]), Math.abs(columns.y[i] - columns.y[j]));
    return distance * view.scale <= THUMBNAIL_SPACING - 4;
  };
  const pinned = state.pin < 0 ? [] : [state.pin, ...neighbours(state.pin)];
  const others = [...cells.values()].sort((a, b) => randomRank(a) - randomRank(b));
  for (const i of [...pinned, ...others]) if (!images.some((j) => overlaps(i, j))) images.push(i);
  return images;
}

/** @param {CanvasRenderingContext2D} context */
function drawThumbnails(context) {
  const { width, height } = mapThumbnail;
  currentFrame++;
  shownAsThumbnail.clear();
  const images = state.showThumbnails ? chooseThumbnails() : [];
  byId("zoom-hint").hidden = images !== null;
  context.imageSmoothingEnabled = Math.max(thumbnailWidth, thumbnailHeight) > THUMBNAIL_SIDE;
  for (const i of images ?? []) {
    const [x, y] = imageOnScreen(i);
    context.globalAlpha = (state.selection && !isSelected[i]) || marks[i] === REMOVE ? 0.25 : 1;
    if (!drawThumbnail(context, i, [x - width / 2, y - height / 2, width, height])) continue;
    context.strokeStyle = pointColour(i);
    context.lineWidth = 2;
    context.strokeRect(x - width / 2 - 1, y - height / 2 - 1, width + 2, height + 2);
    shownAsThumbnail.add(i);
  }
  context.globalAlpha = 1;
}
